import type { Entry } from '../entries/entry.ts';
import type { Budget } from '../measure.ts';
import type { Network } from '../network.ts';
import type { Database, Server } from '../server.ts';

/** What every workload is given. */
export interface Context {
  readonly server: Server;
  readonly network: Network;
  readonly quick: boolean;
  readonly latenciesMs: readonly number[];
  /** The time for the rounds of one table, as a share of what a table gets. */
  budget(share?: number): Budget;
  progress(text: string): void;
}

/** A database for as long as a workload takes. */
export async function withDatabase<T>(
  { server }: Context,
  name: string,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await server.database(name);
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

/** Work that is not the same does not count, and a bench that compares it is wrong. */
export function assertSame(entry: Entry, found: string, expected: string): void {
  if (found === expected) return;
  const lines = (text: string): Set<string> => new Set(text.split('\n'));
  const only = (a: Set<string>, b: Set<string>): string[] => [...a].filter((line) => !b.has(line)).slice(0, 5);
  const missing = only(lines(expected), lines(found));
  const extra = only(lines(found), lines(expected));
  throw new Error(`${entry.name} did other work.\nmissing:\n${missing.join('\n')}\nextra:\n${extra.join('\n')}`);
}

// What many changes leave on the heap of one process.
import { entries } from '../entries/index.ts';
import { heapBytes, withSessions } from '../measure.ts';
import { modelsToProvision, tableName } from '../models.ts';
import { createSchema, createTables } from '../sql.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

export interface MemoryRow {
  readonly entry: string;
  readonly changes: number;
  /** The heap after a collection, at the end, beyond what it was after the first tenth. */
  readonly grownMb: number;
}

const ORG = 'bench-memory';
const TABLES = 100;
const ENTRIES = ['tenant-ddl', 'tenant-ddl, in a transaction', 'knex'];

export function memory(context: Context): Promise<MemoryRow[]> {
  const changes = context.quick ? 2000 : 10_000;
  return withDatabase(context, 'memory', async (database) => {
    // The disk adds nothing to what is asked here.
    const url = new URL(database.url);
    url.searchParams.set('options', '-c synchronous_commit=off');
    await database.run([createSchema(ORG), ...createTables(ORG, modelsToProvision(ORG, TABLES))]);
    const chosen = entries.filter(({ name }) => ENTRIES.includes(name));
    return withSessions(chosen, { url: url.href, can: 'addColumn' }, async (opened) => {
      const rows: MemoryRow[] = [];
      for (const { entry, session } of opened) {
        context.progress(`memory, ${entry.name}`);
        const change = async (count: number): Promise<void> => {
          for (let at = 0; at < count / 2; at += 1) {
            await session.addColumn?.(ORG, tableName(at % TABLES));
            await session.dropColumn?.(ORG, tableName(at % TABLES));
          }
        };
        await change(changes / 10);
        const before = heapBytes();
        await change(changes);
        rows.push({ entry: entry.name, changes, grownMb: (heapBytes() - before) / 2 ** 20 });
      }
      return rows;
    });
  });
}

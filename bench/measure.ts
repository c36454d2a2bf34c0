import type { Entry, Session } from './entries/entry.ts';
import type { Network } from './network.ts';
import { shuffled } from './statistics.ts';

/** Of one entry in one round. */
export interface Sample {
  readonly round: number;
  readonly ms: number;
  /** Of this process: the client's share. */
  readonly cpuMs: number;
}

export async function timed(work: () => Promise<void>): Promise<Omit<Sample, 'round'>> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { ms, cpuMs: (user + system) / 1000 };
}

/**
 * So that nobody pays for another's garbage. The young generation only: a full collection also throws away the code
 * of whoever has not run for a while, and each entry would be timed cold.
 */
export function collectGarbage(): void {
  garbageCollector()({ type: 'minor' });
}

export function heapBytes(): number {
  // Without a type: { type: 'major' } leaves much that nothing holds any more. What only a weak map held goes
  // with the second.
  garbageCollector()();
  garbageCollector()();
  return process.memoryUsage().heapUsed;
}

function garbageCollector(): (options?: { type: 'minor' }) => void {
  const gc = globalThis.gc as ((options?: { type: 'minor' }) => void) | undefined;
  if (gc === undefined) throw new Error('Node has to be started with --expose-gc, as start.mjs does.');
  return gc;
}

/** What bounds the rounds of a workload: its share of the time, and a number of rounds. */
export interface Budget {
  readonly seconds: number;
  readonly minRounds: number;
  readonly maxRounds: number;
}

/** Runs each entry once a round, every round in another order, for as long as the budget lasts. */
export async function inRounds<T>(
  items: readonly T[],
  budget: Budget,
  once: (item: T, round: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  for (let round = 0; round < budget.maxRounds; round += 1) {
    const seconds = (performance.now() - startedAt) / 1000;
    // A further round has to fit in what is left.
    if (round >= budget.minRounds && (seconds * (round + 1)) / round > budget.seconds) return;
    for (const item of shuffled(items)) await once(item, round);
  }
}

export interface Opened {
  readonly entry: Entry;
  readonly session: Session;
}

/** Opens the entries that can do something, for as long as the work takes. */
export async function withSessions<T>(
  entries: readonly Entry[],
  { url, connections = 1, can }: { url: string; connections?: number; can: 'provision' | 'addColumn' },
  work: (opened: readonly Opened[]) => Promise<T>,
): Promise<T> {
  const all: Opened[] = [];
  try {
    for (const entry of entries) all.push({ entry, session: await entry.open({ url, connections }) });
    return await work(all.filter(({ session }) => session[can] !== undefined));
  } finally {
    for (const { session } of all) await session.close();
  }
}

/** Where the server is: beside the client, or some way off. */
export async function urlAt(network: Network, databaseUrl: string, latencyMs: number): Promise<string> {
  if (latencyMs === 0) return databaseUrl;
  await network.setDelay(latencyMs);
  return networkUrl(network, databaseUrl);
}

export function networkUrl(network: Network, databaseUrl: string): string {
  const url = new URL(databaseUrl);
  const way = new URL(network.url);
  url.hostname = way.hostname;
  url.port = way.port;
  return url.href;
}

/** How often an entry waits for the server to do something once. */
export async function roundTripsOf(network: Network, work: () => Promise<void>): Promise<number> {
  await network.counted();
  await work();
  return network.counted();
}

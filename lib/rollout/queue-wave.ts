import { slept } from '../run/waiting';
import type { RolloutOn } from './rollout-on';
import { entryOf, pendingBefore } from './ledger';
import { QUEUE, type RolloutQueue, type WakeUp } from './queue-types';
import type { RolloutState } from './rollout-types';

/** How often the ledger is looked at, in milliseconds. */
const LOOK_MS = 250;

/** Nothing has moved for so long: jobs may be lost, or their workers dead. In milliseconds. */
const WAKE_AGAIN_MS = 15_000;

/** As many tenants are worth a job of their own, up to so many jobs. */
const TENANTS_A_JOB = 50;
const MAX_JOBS = 16;

export interface QueuedWave {
  readonly queue: RolloutQueue;
  readonly wake: WakeUp;
  readonly servers: readonly RolloutOn[];
  readonly signal: AbortSignal | undefined;
  readonly tell: () => void;
}

/** Wakes the workers for a wave, and waits until they are through with it, or it is halted. Gives the state then. */
export async function queueWave({ queue, wake, servers, signal, tell }: QueuedWave): Promise<RolloutState> {
  await queue.createQueue(QUEUE);
  let last: number | undefined;
  let quietSince = -Infinity;
  for (;;) {
    const state = await stateOf(servers);
    if (state !== 'running') return state;
    const pending = await count(servers, wake.until);
    if (pending === 0) return state;
    if (last !== undefined && pending !== last) quietSince = performance.now();
    last = pending;
    if (performance.now() - quietSince > WAKE_AGAIN_MS) {
      const jobs = Math.min(MAX_JOBS, Math.ceil(pending / TENANTS_A_JOB));
      for (let job = 0; job < jobs; job += 1) await queue.send(QUEUE, wake);
      quietSince = performance.now();
    }
    tell();
    if (!(await slept(LOOK_MS, signal))) return state;
  }
}

async function stateOf(servers: readonly RolloutOn[]): Promise<RolloutState> {
  const entries = await Promise.all(
    servers.map(({ server, name, settings }) => entryOf(server, name, settings.change)),
  );
  return entries.map((entry) => entry?.state).find((state) => state !== undefined && state !== 'running') ?? 'running';
}

async function count(servers: readonly RolloutOn[], until: number): Promise<number> {
  const counts = await Promise.all(
    servers.map(({ server, id, settings }) => pendingBefore(server, id, until, settings.change)),
  );
  return counts.reduce((sum, each) => sum + each, 0);
}

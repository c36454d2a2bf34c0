import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { keptList } from './kept-list';
import { entryOf, hasPending } from './ledger';
import { pacer } from './pace';
import { serversIn } from './prepare-ledger';
import { QUEUE, QUEUE_METHODS, type RolloutQueue, type WakeUp } from './queue-types';
import { rolloutOn, type Came } from './rollout-on';
import type { RolloutOptions } from './rollout-options';
import { rolloutSettingsOf, type RolloutSettings } from './rollout-settings';
import { tenantWork } from './tenant-work';
import { workWave } from './work-wave';

/** Options of a worker, beside those of every change. */
export type WorkerOptions = Omit<
  RolloutOptions,
  | 'orgs'
  | 'canary'
  | 'ifThere'
  | 'online'
  | 'waves'
  | 'bakeMs'
  | 'check'
  | 'stopAfter'
  | 'trial'
  | 'retryFailed'
  | 'seed'
  | 'onProgress'
  | 'queue'
>;

/** Ends the work of a process. */
export interface RolloutWorker {
  /** Takes no further tenants, and resolves when those in progress are finished. */
  readonly stop: () => Promise<void>;
}

/** A job lasts no longer than this, well below the time after which pg-boss gives it to another. */
const MAX_JOB_MS = 60_000;

/** The least that pg-boss takes: between two jobs it waits as long. */
const POLLING_INTERVAL_SECONDS = 0.5;

/**
 * Works on rollouts that were started with `queue`. Any number of processes can do so. A job only wakes a worker up: the
 * ledger says which tenants to change, so a job that is lost, late or delivered twice does no harm.
 *
 * @param boss a started pg-boss 10 or 12
 * @param db a Knex, or a list of them where the tenants are spread over several servers
 * @param options those of every change; `connections` 4, `maxPerSecond` and `maxLagMs` of this process, `signal`
 * @throws MigrationError INVALID_SPEC if `boss` is not a pg-boss, or `db` not a Knex
 * @example
 * const worker = await workRollouts(boss, knex);
 * process.on('SIGTERM', () => worker.stop());
 */
export async function workRollouts(
  boss: RolloutQueue,
  db: Knex | readonly Knex[],
  options?: WorkerOptions,
): Promise<RolloutWorker> {
  refuseNoQueue(boss);
  const servers = serversIn(db);
  const settings = rolloutSettingsOf(options);
  const pace = pacer(servers, settings);
  const inHand = new Set<Promise<void>>();
  let isStopping = false;
  const isHalted = (): boolean => isStopping || settings.signal?.aborted === true;

  const handle = async (jobs: readonly { readonly data: WakeUp }[]): Promise<void> => {
    for (const { data } of jobs) {
      const untilMs = performance.now() + MAX_JOB_MS;
      const isOver = (): boolean => isHalted() || performance.now() > untilMs;
      const work = Promise.all(servers.map((server) => workOn(server, data, settings, { pace, isOver })));
      const ended = work.then(() => undefined);
      inHand.add(ended);
      try {
        const left = await work;
        if (left.includes(true) && !isHalted()) await boss.send(QUEUE, data);
      } finally {
        inHand.delete(ended);
      }
    }
  };
  await boss.createQueue(QUEUE);
  await boss.work(QUEUE, { pollingIntervalSeconds: POLLING_INTERVAL_SECONDS, batchSize: 1 }, handle);
  return {
    stop: async () => {
      isStopping = true;
      await boss.offWork(QUEUE);
      await Promise.allSettled(inHand);
    },
  };
}

/** @throws MigrationError INVALID_SPEC */
function refuseNoQueue(boss: unknown): void {
  const given = (boss ?? {}) as Readonly<Record<string, unknown>>;
  if (QUEUE_METHODS.every((method) => typeof given[method] === 'function')) return;
  throw new MigrationError('The queue must be a started pg-boss, 10 or 12.', { code: 'INVALID_SPEC' });
}

interface How {
  readonly pace: () => Promise<void>;
  readonly isOver: () => boolean;
}

/** Returns whether pending tenants remain that no process may be working on. */
async function workOn(server: Knex, wake: WakeUp, settings: RolloutSettings, { pace, isOver }: How): Promise<boolean> {
  const { name, until, rule, ifThere, online } = wake;
  const entry = await entryOf(server, name, settings.change);
  if (entry?.state !== 'running') return false;
  let halted: Came['halted'];
  const onCame = (_org: string, came: Came): void => void (halted = came.halted ?? halted);
  const given = { server, name, id: entry.id, settings: { ...settings, ifThere, online: online ?? undefined } };
  await workWave(rolloutOn(given, tenantWork(keptList(entry, settings), settings)), {
    until,
    connections: settings.connections,
    rule: rule ?? undefined,
    pace,
    onCame,
    isHalted: () => halted !== undefined || isOver(),
  });
  return halted === undefined && (await hasPending(server, entry.id, until, settings.change));
}

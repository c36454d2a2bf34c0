import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel';
import type { MigrationError } from '../errors';

/** What the channel `tenant-ddl:change` publishes of a list of changes in one tenant: never SQL, nor a value. */
export interface ChangeTrace {
  readonly org: string;
  /** In SQL's words, such as `ADD COLUMN`: one for each change. */
  readonly operations: readonly string[];
  readonly tables: readonly string[];
  /** Inside a transaction of the caller's, or of `withTenant`: its COMMIT comes later, or never. */
  readonly inTransaction: boolean;
  /** How often it was tried, once it has ended. */
  attempts?: number;
  /** Of all attempts together, in milliseconds, once it has ended. */
  durationMs?: number;
  /** Set by Node.js where it failed. */
  error?: MigrationError;
}

/** What the channel `tenant-ddl:rollout` publishes, of a call of `rollOut` and of each of its waves. */
export interface RolloutTrace {
  readonly name: string;
  /** 0 is the canary; undefined for the whole call. */
  readonly wave?: number;
  durationMs?: number;
  error?: MigrationError;
}

/** What the channel `tenant-ddl:online` publishes, of a call of `applyOnline` and of each stage that it runs. */
export interface OnlineTrace {
  readonly org: string;
  readonly table: string;
  /** In SQL's words, such as `ALTER COLUMN`. */
  readonly operation: string;
  /** The stage's name, which one it is, from 1, and of how many; undefined for the whole call. */
  readonly stage?: string;
  readonly number?: number;
  readonly of?: number;
  /** In milliseconds, once it has ended. */
  durationMs?: number;
  /** Set by Node.js where it failed. */
  error?: MigrationError;
}

/** Tracing channels of node:diagnostics_channel, by what is subscribed to. */
export const CHANGES: TracingChannel<unknown, ChangeTrace> = tracingChannel<unknown, ChangeTrace>('tenant-ddl:change');
export const ROLLOUTS: TracingChannel<unknown, RolloutTrace> = tracingChannel<unknown, RolloutTrace>(
  'tenant-ddl:rollout',
);
export const ONLINE: TracingChannel<unknown, OnlineTrace> = tracingChannel<unknown, OnlineTrace>('tenant-ddl:online');

/**
 * Runs work, and publishes its start, its end and its error. Where nobody has subscribed, not even what would be
 * published is made.
 */
export async function runTraced<C extends { durationMs?: number }, T>(
  channel: TracingChannel<unknown, C>,
  traceOf: () => NoInfer<C>,
  work: (trace: C | undefined) => Promise<T>,
): Promise<T> {
  if (!isHeard(channel)) return work(undefined);
  const trace = traceOf();
  const startedAt = performance.now();
  return channel.tracePromise<unknown, [], T>(async () => {
    try {
      return await work(trace);
    } finally {
      trace.durationMs = Math.round(performance.now() - startedAt);
    }
  }, trace);
}

type Events = Readonly<
  Record<'start' | 'end' | 'asyncStart' | 'asyncEnd' | 'error', { readonly hasSubscribers: boolean }>
>;

/** Node.js 20.0 has no `hasSubscribers` for all of them. */
function isHeard({ start, end, asyncStart, asyncEnd, error }: Events): boolean {
  return (
    start.hasSubscribers ||
    end.hasSubscribers ||
    asyncStart.hasSubscribers ||
    asyncEnd.hasSubscribers ||
    error.hasSubscribers
  );
}

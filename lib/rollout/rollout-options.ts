import type { ChangeOptions } from '../options/options';
import type { Change } from '../plan/operations';
import type { RolloutQueue } from './queue-types';
import type { RolloutProgress, RolloutWave } from './rollout-types';

/** A tenant of a rollout; with changes of its own in place of the rollout's. */
export type RolloutTarget = string | { readonly org: string; readonly changes: readonly Change[] };

export type RolloutTargets = Iterable<RolloutTarget> | AsyncIterable<RolloutTarget>;

/** When a rollout stops by itself. */
export interface StopRule {
  /** As many failures since it began or went on. Default 10. */
  readonly failures?: number | undefined;
  /** This part of the tenants that were tried since then, from 0 to 1, once there are `of`. Default 0.05. */
  readonly ratio?: number | undefined;
  /** Default 100. */
  readonly of?: number | undefined;
}

/** Options of `rollOut`, beside those of every change, which count for each tenant. */
export interface RolloutOptions extends ChangeOptions {
  /**
   * The tenants: a list, anything that can be iterated, or a function that gives one. A function is asked again
   * when all are through, to find those that were created meanwhile. May be left out where the rollout goes on.
   */
  readonly orgs?: RolloutTargets | (() => RolloutTargets | Promise<RolloutTargets>) | undefined;
  /** Tenants at a time; the pool should have as many connections. Default 4. */
  readonly connections?: number | undefined;
  /** The tenants that come first, one failure of which stops all: how many, or which. Default 1; 0 for none. */
  readonly canary?: number | readonly string[] | undefined;
  /** The sizes of the waves that follow; what remains is the last. Default [10, 100]. */
  readonly waves?: readonly number[] | undefined;
  /** How long to wait after each wave, in milliseconds. Default 0. */
  readonly bakeMs?: number | undefined;
  /** Called after each wave but the last, and its wait; `false`, or an error, stops the rollout. */
  readonly check?: ((wave: RolloutWave) => boolean | void | Promise<boolean | void>) | undefined;
  /** When it stops by itself; `false` for never. A failing canary stops it in any case. */
  readonly stopAfter?: StopRule | false | undefined;
  /** No more tenants a second than this, in this process. No default. */
  readonly maxPerSecond?: number | undefined;
  /** Waits while a standby is further behind than this, in milliseconds, where the role may see it. No default. */
  readonly maxLagMs?: number | undefined;
  /** On how many tenants all of it is tried before, each in a transaction that is rolled back. Default 0. */
  readonly trial?: number | undefined;
  /** Tries those again that have failed, too. Default false. */
  readonly retryFailed?: boolean | undefined;
  /** Of the order of the tenants, a whole number; kept with the rollout. Default random. */
  readonly seed?: number | undefined;
  /** Called once a second at most, and at the end. */
  readonly onProgress?: ((progress: RolloutProgress) => void) | undefined;
  /** A started pg-boss 10 or 12: the tenants are changed by the processes that call `workRollouts`, and this one waits for them. */
  readonly queue?: RolloutQueue | undefined;
  /** Ends it after the tenants in hand. */
  readonly signal?: AbortSignal | undefined;
}

/** Every default of these options. */
export const ROLLOUT_DEFAULTS = {
  connections: 4,
  canary: 1,
  waves: [10, 100],
  bakeMs: 0,
  stopAfter: { failures: 10, ratio: 0.05, of: 100 },
  trial: 0,
  retryFailed: false,
} as const;

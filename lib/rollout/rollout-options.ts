import { abortSignal, callback, must, oneOfWords, wholeFrom } from '../options/checks';
import { group, option, switched, type GivenBy, type SettledBy } from '../options/option';
import { CHANGE_OPTIONS } from '../options/options';
import type { Change } from '../plan/operations';
import { identifierFault } from '../sql/identifier';
import { ONLINE_ROLLOUT_OPTIONS } from './online-rollout-options';
import { QUEUE_METHODS, type RolloutQueue } from './queue-types';
import type { RolloutProgress, RolloutWave } from './rollout-types';

/** A tenant of a rollout; with its own changes instead of the rollout's. */
export type RolloutTarget = string | { readonly org: string; readonly changes: readonly Change[] };

/** The tenants of a rollout. */
export type RolloutTargets = Iterable<RolloutTarget> | AsyncIterable<RolloutTarget>;

/** A list of orgs, or a function that gives one. */
type GivenOrgs = RolloutTargets | (() => RolloutTargets | Promise<RolloutTargets>);

/** Larger than any number of tenants. */
export const NEVER = 2 ** 31 - 1;

export const STOP_OPTIONS = {
  /** Stops at this number of failures since the rollout began or last went on. Default 10. */
  failures: option<number>({ default: 10, check: wholeFrom(1) }),
  /** Stops if this share of the tenants tried since then has failed, once `of` were tried. From 0 to 1, default 0.05. */
  ratio: option<number>({ default: 0.05, check: must(isRatio, 'must be a number above 0, up to 1') }),
  /** The number of tenants from which `ratio` counts. Default 100. */
  of: option<number>({ default: 100, check: wholeFrom(1) }),
};

const IF_THERE = ['fail', 'adopt'] as const;

export const ROLLOUT_OPTIONS = {
  ...CHANGE_OPTIONS,
  /**
   * The tenants: a list, an (async) iterable, or a function that returns one. A function is called again at the end, to
   * find tenants that were created in the meantime. Optional if the rollout goes on from an earlier call.
   */
  orgs: option<GivenOrgs | undefined>({
    default: undefined,
    check: must(isTargets, 'must be a list of orgs, an iterable, or a function that returns one'),
  }),
  /** How many tenants are changed at a time, on each server. The pool needs as many connections. Default 4. */
  connections: option<number>({ default: 4, check: wholeFrom(1) }),
  /** The tenants that come first; if one of them fails, the rollout stops. A number, or a list of orgs; 0 for none. Default 1. */
  canary: option<number | readonly string[]>({
    default: 1,
    check: must(isCanary, 'must be a whole number, or a list of orgs'),
  }),
  /** The sizes of the waves after the canary. The remaining tenants are the last wave. Default `[10, 100]`. */
  waves: option<readonly number[]>({
    default: [10, 100],
    check: must(areSizes, 'must be a list of whole numbers from 1'),
  }),
  /** How long to wait after each wave but the last, in milliseconds. Default 0. */
  bakeMs: option<number>({ default: 0, unit: 'ms', check: wholeFrom(0) }),
  /** Called after each wave but the last and its wait. If it returns `false` or throws, the rollout stops. */
  check: option<((wave: RolloutWave) => boolean | void | Promise<boolean | void>) | undefined>({
    default: undefined,
    check: callback,
  }),
  /** When the rollout stops by itself; `false` means never. A failed canary stops it in any case. */
  stopAfter: group(STOP_OPTIONS, { failures: NEVER, ratio: NEVER, of: NEVER }),
  /** The maximum number of tenants per second, in this process. No default. */
  maxPerSecond: option<number | undefined>({
    default: undefined,
    check: must((value) => typeof value === 'number' && value > 0 && value <= NEVER, 'must be a number above 0'),
  }),
  /** Waits while a standby is further behind than this, in milliseconds, if the role may see it. No default. */
  maxLagMs: option<number | undefined>({ default: undefined, unit: 'ms', check: wholeFrom(1) }),
  /** On how many tenants to try the changes first, each in a transaction that is rolled back. Default 0. */
  trial: option<number>({ default: 0, check: wholeFrom(0) }),
  /**
   * What to do if a tenant already has what the changes add: `fail`, or `adopt` it, if inspection finds it equal in every
   * respect. Default 'fail'.
   */
  ifThere: option<(typeof IF_THERE)[number]>({ default: 'fail', check: oneOfWords(IF_THERE) }),
  /**
   * Makes the changes that would block a large table as `applyOnline` does, in stages; small tables are changed plainly.
   * `true`, or options of it. Default false.
   */
  online: switched(ONLINE_ROLLOUT_OPTIONS),
  /** Also retries tenants whose failure was permanent, such as a missing table. Default false. */
  retryFailed: option<boolean>({
    default: false,
    check: must((value) => typeof value === 'boolean', 'must be true or false'),
  }),
  /** The seed of the order of the tenants, a whole number. It is kept with the rollout. Default random. */
  seed: option<number | undefined>({ default: undefined, check: wholeFrom(0) }),
  /** Called at most once a second, and at the end. */
  onProgress: option<((progress: RolloutProgress) => void) | undefined>({ default: undefined, check: callback }),
  /** A started pg-boss 10 or 12. The processes that call `workRollouts` then change the tenants, and this call waits for them. */
  queue: option<RolloutQueue | undefined>({
    default: undefined,
    check: must(isQueue, 'must be a started pg-boss, 10 or 12'),
  }),
  /** Ends the call after the tenants in hand. */
  signal: option<AbortSignal | undefined>({ default: undefined, check: abortSignal }),
};

/** When a rollout stops by itself. */
export interface StopRule extends GivenBy<typeof STOP_OPTIONS> {}

/** Options of `rollOut`: those of every change, which apply to each tenant, and its own. */
export interface RolloutOptions extends GivenBy<typeof ROLLOUT_OPTIONS> {}

export type SettledOptions = SettledBy<typeof ROLLOUT_OPTIONS>;

function isTargets(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

function isCanary(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((org) => identifierFault(org, 'org') === undefined);
  return Number.isInteger(value) && (value as number) >= 0;
}

function areSizes(value: unknown): boolean {
  return Array.isArray(value) && value.every((size) => Number.isInteger(size) && (size as number) >= 1);
}

function isRatio(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && (value <= 1 || value === NEVER);
}

function isQueue(value: unknown): boolean {
  return QUEUE_METHODS.every((method) => typeof (value as RolloutQueue)[method] === 'function');
}

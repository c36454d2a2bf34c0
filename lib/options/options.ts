import type { HazardKind } from '../plan/plan';
import { DEFAULT_SHARED_SCHEMAS } from '../spec/shared-schemas';
import type { Identifier } from '../sql/identifier';
import { abortSignal, callback, loggerMethods, oneOfWords, policies, schemaNames, wholeFrom } from './checks';
import { defaultLogger, SILENT, type Logger } from './logger';
import { defaultsOf, group, option, type GivenBy, type SettledBy } from './option';

/** What to do about the hazards of a plan. */
const HAZARD_POLICIES = ['refuse', 'warn', 'allow'] as const;
/** `refuse` changes nothing and throws HAZARD_REFUSED, `warn` logs the hazard, `allow` does neither. */
export type HazardPolicy = (typeof HAZARD_POLICIES)[number];

/** One policy for all kinds, or one each; a kind that is left out is logged. `dataLoss` is refused, unless its own policy, or 'allow' for all kinds, permits it. */
export type HazardPolicies = HazardPolicy | { readonly [K in HazardKind]?: HazardPolicy | undefined };

/** The argument of {@link RetryOptions.onRetry}, before each wait. */
export interface RetryEvent {
  readonly error: unknown;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The wait before the next attempt, in milliseconds. */
  readonly delayMs: number;
}

const TURNS = ['change', 'start'] as const;
export type Turn = (typeof TURNS)[number];

export const RETRY_OPTIONS = {
  /** Total attempts, including the first. Default 3; 1 means no retry. */
  maxAttempts: option<number>({ default: 3, unit: 'attempts', check: wholeFrom(1) }),
  /** Upper bound of the first wait, in milliseconds; doubles with each attempt. The actual wait is random. Default 1000. */
  delayMs: option<number>({ default: 1000, unit: 'ms', check: wholeFrom(0) }),
  /** Upper bound of every wait, in milliseconds. Default 30000. */
  maxDelayMs: option<number>({ default: 30_000, unit: 'ms', check: wholeFrom(0) }),
  /** No attempt begins later than this after the first, in milliseconds. No default. */
  deadlineMs: option<number | undefined>({ default: undefined, unit: 'ms', check: wholeFrom(0) }),
  /** Ends the wait; no further attempt begins. */
  signal: option<AbortSignal | undefined>({ default: undefined, check: abortSignal }),
  /** Called before each wait. */
  onRetry: option<((event: RetryEvent) => void) | undefined>({ default: undefined, check: callback }),
};

export const CHANGE_OPTIONS = {
  /** How long to wait for each lock, in milliseconds; must be below `statementTimeoutMs`. Default 900. */
  // Below the server's deadlock_timeout: a wait in a circle ends before the server looks for one. Zero would disable it.
  lockTimeoutMs: option<number>({ default: 900, unit: 'ms', check: wholeFrom(1) }),
  /** How long each statement may take, in milliseconds. Default 30000. */
  statementTimeoutMs: option<number>({ default: 30_000, unit: 'ms', check: wholeFrom(1) }),
  /** How failed attempts are retried; `false` means no retry. */
  // Even without a retry, an aborted signal refuses the call.
  retry: group(RETRY_OPTIONS, { maxAttempts: 1 }),
  /** winston, pino, or any logger with their methods. `false` logs nothing. Default: winston, JSON on the console, from level info. */
  logger: option<Logger, Logger | false>({
    default: defaultLogger,
    check: loggerMethods,
    read: (given) => (given === false ? SILENT : given),
  }),
  /** Schemas besides the org's own that a reference can name. Default `['public']`. */
  sharedSchemas: option<readonly Identifier[], readonly string[]>({
    default: DEFAULT_SHARED_SCHEMAS,
    check: schemaNames,
    // Later changes to the caller's list have no effect.
    read: (given) => (Array.isArray(given) ? Array.from(given) : given) as readonly Identifier[],
  }),
  /**
   * What to do about hazards that apply: `refuse` changes nothing and throws HAZARD_REFUSED, `warn` logs them.
   * One policy for all kinds, or one for each. Most hazards count only if the table has rows. Default 'warn',
   * and 'refuse' for `dataLoss`.
   */
  hazards: option<HazardPolicies>({ default: 'warn', check: policies(HAZARD_POLICIES) }),
};

export const TENANT_OPTIONS = {
  ...CHANGE_OPTIONS,
  /** The table for a `createModel` that is called with only a list of fields. */
  model: option<string | undefined>({ default: undefined, check: () => [] }),
  /**
   * When the transaction takes the org's turn: with its first `change`, or at its `start`, before the callback
   * runs. Use `start` for callbacks that write to a table and then change it. After a DEADLOCK or a LOCK_TIMEOUT,
   * further attempts take it at the start. Default 'change'.
   */
  turn: option<Turn>({ default: 'change', check: oneOfWords(TURNS) }),
};

/** Where an online change is: the argument of `onProgress`. */
export interface OnlineProgress {
  readonly org: string;
  readonly table: string;
  /** The name of the stage, as in the plan. */
  readonly stage: string;
  /** Which one it is, from 1, and of how many. */
  readonly number: number;
  readonly of: number;
  /** Rows, or blocks of the table, that the stage has gone through; undefined where that is not known. */
  readonly done?: number | undefined;
  /** Of about how many. */
  readonly total?: number | undefined;
}

/** Many brief waits: each blocks others for at most `lockTimeoutMs`, and a busy table lets us in at last. */
const ONLINE_RETRY_OPTIONS = {
  ...RETRY_OPTIONS,
  /** Total attempts for each brief lock, including the first. Default 30. */
  maxAttempts: option<number>({ default: 30, unit: 'attempts', check: wholeFrom(1) }),
  /** Upper bound of the first wait, in milliseconds; doubles with each attempt. The actual wait is random. Default 250. */
  delayMs: option<number>({ default: 250, unit: 'ms', check: wholeFrom(0) }),
  /** Upper bound of every wait, in milliseconds. Default 5000. */
  maxDelayMs: option<number>({ default: 5000, unit: 'ms', check: wholeFrom(0) }),
};

export const ONLINE_OPTIONS = {
  ...CHANGE_OPTIONS,
  /** How long a lock that blocks others is waited for, in milliseconds, at each attempt. Default 200. */
  lockTimeoutMs: option<number>({ default: 200, unit: 'ms', check: wholeFrom(1) }),
  /** How brief locks and lost connections are retried; `false` means no retry. */
  retry: group(ONLINE_RETRY_OPTIONS, { maxAttempts: 1 }),
  /** How long a statement that blocks nobody may take (an index build, a validation), in milliseconds. Default 12 hours. */
  stageTimeoutMs: option<number>({ default: 43_200_000, unit: 'ms', check: wholeFrom(1) }),
  /** How long a batch of rows should take, in milliseconds; their number is adapted to it. Default 50. */
  batchMs: option<number>({ default: 50, unit: 'ms', check: wholeFrom(1) }),
  /** Waits between two batches while a standby is further behind than this, in milliseconds, if the role may see it. No default. */
  maxLagMs: option<number | undefined>({ default: undefined, unit: 'ms', check: wholeFrom(1) }),
  /** How long to wait for another online change of the table, in milliseconds. Default 10 minutes; 0 does not wait. */
  waitMs: option<number>({ default: 600_000, unit: 'ms', check: wholeFrom(0) }),
  /** Called at the beginning of each stage, and about every second while it runs. */
  onProgress: option<((progress: OnlineProgress) => void) | undefined>({ default: undefined, check: callback }),
  /** Stops the change; a repeated call goes on with it, and `abandonOnline` takes it back. */
  signal: option<AbortSignal | undefined>({ default: undefined, check: abortSignal }),
};

/** How failed attempts are retried. */
export interface RetryOptions extends GivenBy<typeof RETRY_OPTIONS> {}

/** Options of every operation. */
export interface ChangeOptions extends GivenBy<typeof CHANGE_OPTIONS> {}

/** Options of `withTenant`. */
export interface TenantOptions extends GivenBy<typeof TENANT_OPTIONS> {}

/** Options of `applyOnline` and `abandonOnline`. */
export interface OnlineOptions extends GivenBy<typeof ONLINE_OPTIONS> {}

export type RetrySettings = SettledBy<typeof RETRY_OPTIONS>;

/** Options with nothing left out. */
export type Settings = SettledBy<typeof TENANT_OPTIONS>;

/** Options of an online change with nothing left out. */
export type OnlineSettings = SettledBy<typeof ONLINE_OPTIONS> & Settings;

/** Every default. The logger's is made when it is first needed. */
export const DEFAULTS = defaultsOf(TENANT_OPTIONS);

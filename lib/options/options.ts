import type { Identifier } from '../sql/identifier';
import type { Logger } from './logger';
import type { HazardKind } from '../plan/plan';

/** What to do about the hazards of a plan. */
export const HAZARD_POLICIES = ['refuse', 'warn', 'allow'] as const;
/** `refuse` changes nothing and throws HAZARD_REFUSED, `warn` logs the hazard, `allow` does neither. */
export type HazardPolicy = (typeof HAZARD_POLICIES)[number];

/** One for all kinds, or one each; a kind that is left out is warned of. `dataLoss` is refused, unless its own policy, or 'allow' for all, says otherwise. */
export type HazardPolicies = HazardPolicy | { readonly [K in HazardKind]?: HazardPolicy | undefined };

/** What {@link RetryOptions.onRetry} is told before each wait. */
export interface RetryEvent {
  readonly error: unknown;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** How long is waited before the next, in milliseconds. */
  readonly delayMs: number;
}

/** When a failed attempt is repeated. */
export interface RetryOptions {
  /** Attempts in all, the first included. Default 3; 1 repeats nothing. */
  readonly maxAttempts?: number | undefined;
  /** Upper bound of the first wait, in milliseconds; it doubles with each attempt. Default 1000. */
  readonly delayMs?: number | undefined;
  /** Upper bound of every wait, in milliseconds. Default 30000. */
  readonly maxDelayMs?: number | undefined;
  /** No attempt begins later than this after the first, in milliseconds. No default. */
  readonly deadlineMs?: number | undefined;
  /** Ends the waiting and begins no further attempt. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}

/** Options of every operation. */
export interface ChangeOptions {
  /** How long each lock is waited for, in milliseconds; below `statementTimeoutMs`. Default 900. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long each statement may take, in milliseconds. Default 30000. */
  readonly statementTimeoutMs?: number | undefined;
  /** When a failed attempt is repeated; `false` repeats nothing. */
  readonly retry?: RetryOptions | false | undefined;
  /** winston, or anything with its methods. `false` logs nothing. Default: winston, JSON on the console, from level info. */
  readonly logger?: Logger | false | undefined;
  /** Schemas besides the org's own that a reference may name. Default `['public']`. */
  readonly sharedSchemas?: readonly string[] | undefined;
  /**
   * What to do about the hazards of a plan that can come true: `refuse` changes nothing, `warn` logs them.
   * One for all, or one for each kind. A hazard that only matters on rows counts only where the table has
   * some. Default 'warn', and for `dataLoss` 'refuse'.
   */
  readonly hazards?: HazardPolicies | undefined;
}

export const TURNS = ['change', 'start'] as const;
export type Turn = (typeof TURNS)[number];

/** Options of `withTenant`. */
export interface TenantOptions extends ChangeOptions {
  /** The model's name for `createModel` with a list of fields. */
  readonly model?: string | undefined;
  /**
   * When the transaction takes the org's turn: with its first `change`, or at its `start`, before the
   * callback runs, for callbacks that write to a table and then change it. After a DEADLOCK or a
   * LOCK_TIMEOUT each further attempt takes it at the start. Default 'change'.
   */
  readonly turn?: Turn | undefined;
}

export interface RetrySettings {
  readonly maxAttempts: number;
  readonly delayMs: number;
  readonly maxDelayMs: number;
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onRetry: ((event: RetryEvent) => void) | undefined;
}

/** Options with nothing left out. */
export interface Settings {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly retry: RetrySettings;
  readonly logger: Logger;
  readonly sharedSchemas: readonly Identifier[];
  readonly hazards: HazardPolicies;
  readonly turn: Turn;
}

/** Every default, in one place. The logger's is made when it is first needed. */
export const DEFAULTS = {
  // Below the server's deadlock_timeout: a wait in a circle ends before the server looks for one.
  lockTimeoutMs: 900,
  statementTimeoutMs: 30_000,
  retry: { maxAttempts: 3, delayMs: 1000, maxDelayMs: 30_000 },
  sharedSchemas: ['public'],
  hazards: 'warn',
  turn: 'change',
} as const;

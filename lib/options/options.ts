import type { Identifier } from '../sql/identifier';
import type { Logger } from './logger';
import type { HazardKind } from '../plan/plan';

/** What to do about the hazards of a plan. */
export const HAZARD_POLICIES = ['refuse', 'warn', 'allow'] as const;
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

/** How failed attempts are retried. */
export interface RetryOptions {
  /** Total attempts, including the first. Default 3; 1 means no retry. */
  readonly maxAttempts?: number | undefined;
  /** Upper bound of the first wait, in milliseconds; doubles with each attempt. The actual wait is random. Default 1000. */
  readonly delayMs?: number | undefined;
  /** Upper bound of every wait, in milliseconds. Default 30000. */
  readonly maxDelayMs?: number | undefined;
  /** No attempt begins later than this after the first, in milliseconds. No default. */
  readonly deadlineMs?: number | undefined;
  /** Ends the wait; no further attempt begins. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each wait. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
}

/** Options of every operation. */
export interface ChangeOptions {
  /** How long to wait for each lock, in milliseconds; must be below `statementTimeoutMs`. Default 900. */
  readonly lockTimeoutMs?: number | undefined;
  /** How long each statement may take, in milliseconds. Default 30000. */
  readonly statementTimeoutMs?: number | undefined;
  /** How failed attempts are retried; `false` means no retry. */
  readonly retry?: RetryOptions | false | undefined;
  /** winston, pino, or any logger with their methods. `false` logs nothing. Default: winston, JSON on the console, from level info. */
  readonly logger?: Logger | false | undefined;
  /** Schemas besides the org's own that a reference can name. Default `['public']`. */
  readonly sharedSchemas?: readonly string[] | undefined;
  /**
   * What to do about hazards that apply: `refuse` changes nothing and throws HAZARD_REFUSED, `warn` logs them.
   * One policy for all kinds, or one for each. Most hazards count only if the table has rows. Default 'warn',
   * and 'refuse' for `dataLoss`.
   */
  readonly hazards?: HazardPolicies | undefined;
}

export const TURNS = ['change', 'start'] as const;
export type Turn = (typeof TURNS)[number];

/** Options of `withTenant`. */
export interface TenantOptions extends ChangeOptions {
  /** The table for a `createModel` that is called with only a list of fields. */
  readonly model?: string | undefined;
  /**
   * When the transaction takes the org's turn: with its first `change`, or at its `start`, before the callback
   * runs. Use `start` for callbacks that write to a table and then change it. After a DEADLOCK or a LOCK_TIMEOUT,
   * further attempts take it at the start. Default 'change'.
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

/** Every default, in one place. The default logger is made on first use. */
export const DEFAULTS = {
  // Below the server's deadlock_timeout: a deadlock ends before the server looks for one.
  lockTimeoutMs: 900,
  statementTimeoutMs: 30_000,
  retry: { maxAttempts: 3, delayMs: 1000, maxDelayMs: 30_000 },
  sharedSchemas: ['public'],
  hazards: 'warn',
  turn: 'change',
} as const;

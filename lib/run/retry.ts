import { MigrationError, type RetryScope } from '../errors';
import { heard } from '../options/heard';
import type { RetryOptions, RetrySettings } from '../options/options';
import { retrySettingsOf } from '../options/settings';
import { classify, classifyInUse } from './failures/sql-states';
import { slept } from './waiting';

/**
 * Runs `work` again after a failure that another attempt may fix: a lock timeout, a deadlock, a lost connection
 * (manual, Appendix A). Between attempts it waits a random time from zero up to `delayMs`, which doubles each time,
 * up to `maxDelayMs`. The last error is thrown unchanged.
 *
 * `work` has to be a whole transaction, not a statement inside one, and must be safe to repeat.
 *
 * @param options `maxAttempts` 3, `delayMs` 1000, `maxDelayMs` 30000; `deadlineMs`, `signal`, `onRetry`
 * @throws whatever `work` threw last; MigrationError ABORTED, with the signal's reason
 *   as its cause, if it was aborted before the first attempt
 * @example await withDbRetry(() => knex.transaction(work), { maxAttempts: 5, delayMs: 200 });
 */
export async function withDbRetry<T>(work: () => Promise<T>, options?: RetryOptions): Promise<T> {
  if (typeof work !== 'function') throw noWorkError(work);
  const settings = retrySettingsOf(options);
  return runWithRetries(settings, work);
}

/** What has to run again for another attempt to succeed. */
export function retryScopeOf(error: unknown): RetryScope {
  return error instanceof MigrationError ? error.retryScope : classify(error).retryScope;
}

/** The same for an error from the pool, or from a query on one of its connections. */
export function retryScopeInUse(error: unknown): RetryScope {
  return error instanceof MigrationError ? error.retryScope : classifyInUse(error).retryScope;
}

interface RetryRules {
  /** For the error about a signal that is already aborted. */
  readonly org?: string;
  /** Default: after whatever another attempt may fix. */
  readonly canRetry?: (error: unknown) => boolean;
  /** Called for each failed attempt, including the last one, which has no `retryInMs`. */
  readonly onFailure?: (error: unknown, attempt: number, retryInMs: number | undefined) => void;
}

/** The loop behind every retry of this library. */
export async function runWithRetries<T>(
  settings: RetrySettings,
  work: (attempt: number) => Promise<T>,
  { org, canRetry = (error) => retryScopeOf(error) !== 'none', onFailure }: RetryRules = {},
): Promise<T> {
  const { maxAttempts, deadlineMs, signal, onRetry } = settings;
  const startedAt = performance.now();
  refuseAborted(signal, org);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      const delayMs = jitteredDelayMs(settings, attempt);
      const late = deadlineMs !== undefined && performance.now() - startedAt + delayMs > deadlineMs;
      const ends = attempt >= maxAttempts || late || signal?.aborted === true || !canRetry(error);
      onFailure?.(error, attempt, ends ? undefined : delayMs);
      if (ends) throw error;
      heard(() => onRetry?.({ error, attempt, delayMs }));
      if (!(await slept(delayMs, signal))) throw error;
    }
  }
}

function refuseAborted(signal: AbortSignal | undefined, org: string | undefined): void {
  if (signal?.aborted !== true) return;
  const message = 'The signal was aborted before the first attempt. Nothing was started.';
  throw new MigrationError(message, { code: 'ABORTED', org, cause: signal.reason });
}

/** A promise is work that has already begun: it can be awaited, but not run again. */
function noWorkError(given: unknown): MigrationError {
  const what = given === null ? 'null' : typeof given === 'object' ? 'a promise or another object' : typeof given;
  return new MigrationError(
    `withDbRetry takes a function that starts the work, not ${what}: withDbRetry(() => work()).`,
    { code: 'INVALID_SPEC' },
  );
}

/** Full jitter: two services that collided once should not meet again. */
function jitteredDelayMs({ delayMs, maxDelayMs }: RetrySettings, attempt: number): number {
  return Math.round(Math.random() * Math.min(maxDelayMs, delayMs * 2 ** (attempt - 1)));
}

import { refuseNestedCall } from '../run/open-tenants';
import { MigrationError, type ErrorCode } from '../errors';
import { identifier } from '../sql/identifier';
import { logFailure, type Failure as FailedAttempt } from '../run/log';
import type { Logger } from '../options/logger';
import type { TenantOptions } from '../options/options';
import { runWithRetries, retryScopeInUse } from '../run/retry';
import { settingsOf, tenantsOwn } from '../options/settings';
import { classifyInUse, sqlStateOf } from '../run/failures/sql-states';
import { runAttempt, type Failure } from '../run/ways/tenant-transaction';
import { attemptJournal, type AttemptJournal } from '../run/ways/attempt-journal';
import { serverOf, type TenantDb } from './tenant-db';
import type { TenantKnex } from '../run/tenant-knex';

/**
 * Runs `callback` in a transaction on a tenant, and resolves once PostgreSQL has committed it.
 *
 * After an error that a new transaction may fix (a lock timeout, a deadlock, a lost connection), the whole callback
 * runs again. Its side effects outside the database are repeated as well. If the connection is lost during COMMIT,
 * the server is asked whether it committed.
 *
 * @param db a Knex, or a function from an org to its Knex
 * @param options `model`; `turn` 'change'; `lockTimeoutMs` 900, `statementTimeoutMs` 30000 and `sharedSchemas` ['public'],
 *   for the whole transaction; `retry` { maxAttempts 3, delayMs 1000, maxDelayMs 30000 }; `logger`
 * @throws MigrationError INVALID_IDENTIFIER, TENANT_NOT_FOUND, CONNECTION_LOST, OUTCOME_UNKNOWN, NESTED_CALL
 *   if `db` is used inside the callback for the same org, …;
 *   whatever the callback threw last, unchanged
 * @example
 * await withTenant('acme-corp', knex, async (tenant) => {
 *   await tenant('model').insert({ name: 'invoice' });
 *   await createModel('acme-corp', invoice, tenant);
 * });
 * // begin; select set_config('search_path', '"acme-corp", "public"', true), …; …; commit
 */
export async function withTenant<T>(
  org: string,
  db: TenantDb,
  callback: (tenant: TenantKnex) => Promise<T>,
  options?: TenantOptions,
): Promise<T> {
  const checkedOrg = identifier(org, 'org');
  const settings = settingsOf(options);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  if (typeof callback !== 'function') throw noCallbackError(checkedOrg, callback);
  const model = options?.model;
  const startedAt = performance.now();
  let last: { readonly journal: AttemptJournal; readonly failure?: Failure } | undefined;
  let code: string | undefined;
  const run = async (attempt: number): Promise<T> => {
    last = undefined;
    const server = await serverOf(checkedOrg, db, 'withTenant');
    refuseNestedCall(checkedOrg, server, true);
    const journal = attemptJournal();
    // Two transactions that write first and then change a table collided: taking turns helps.
    const turnFirst = settings.turn === 'start' || code === 'DEADLOCK' || code === 'LOCK_TIMEOUT';
    const context = { org: checkedOrg, model, settings, attempt, journal, turnFirst };
    const outcome = await runAttempt(server, context, callback);
    last = { journal, ...('thrown' in outcome ? { failure: outcome } : {}) };
    if ('thrown' in outcome) throw outcome.thrown;
    return outcome.value;
  };
  const own = (error: unknown): unknown => (last?.failure === undefined ? error : last.failure.own);
  return runWithRetries(settings.retry, run, {
    org: checkedOrg,
    canRetry: (error) => own(error) !== undefined && retryScopeInUse(own(error)) !== 'none',
    onFailure: (error, attempt, retryInMs) => {
      code = codeOf(own(error));
      last?.journal.tellFailures(retryInMs);
      if (last?.failure === undefined || last.journal.failedWith(last.failure.own)) return;
      logAttempt(settings.logger, checkedOrg, last.failure, {
        attempt,
        retryInMs,
        durationMs: Math.round(performance.now() - startedAt),
      });
    },
  });
}

function noCallbackError(org: string, given: unknown): MigrationError {
  return new MigrationError(
    `withTenant(org, db, callback, options?) needs a callback, a function that takes the tenant; the third argument is ${given === null ? 'null' : typeof given}.`,
    { code: 'INVALID_SPEC', org },
  );
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof MigrationError ? error.code : classifyInUse(error).code;
}

/** Logs an attempt that failed outside its changes. An unrelated error of the callback is for its caller. */
function logAttempt(logger: Logger, org: string, { own, at }: Failure, when: Omit<FailedAttempt, 'error'>): void {
  const subject = { message: at, fields: [] };
  if (own instanceof MigrationError) {
    logFailure(logger, org, subject, { error: own, ...when });
  } else if (own !== undefined && retryScopeInUse(own) !== 'none') {
    // The server's message may contain values.
    const message = 'A query of the callback failed.';
    logFailure(logger, org, subject, { error: { code: codeOf(own), sqlState: sqlStateOf(own), message }, ...when });
  }
}

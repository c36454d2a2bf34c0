import type { Journal } from '../migration/adapter/tenant-context';
import { identifier } from '../migration/identifier';
import type { TenantOptions } from '../migration/options';
import { retrying, retryScopeOf } from '../migration/retry';
import { settingsOf, tenantsOwn } from '../migration/settings';
import { attempted, isForeign } from './attempt';
import { serverOf, type TenantDb } from './server';
import type { TenantKnex } from './tenant-knex';

/**
 * Runs `callback` in a transaction on a tenant, and resolves when PostgreSQL has committed it.
 *
 * The whole callback runs again, on a new transaction, after an error that a new transaction can cure: a
 * lock timeout, a deadlock, a lost connection. What it does outside the database then happens again too.
 * A connection lost during COMMIT is resolved by asking the server whether it committed.
 *
 * @param db a Knex, or a function from an org to its Knex
 * @param options `model`; `lockTimeoutMs` 900, `statementTimeoutMs` 30000 and `sharedSchemas` ['public'],
 *   for the whole transaction; `retry` { maxAttempts 3, delayMs 1000, maxDelayMs 30000 }; `logger`
 * @throws MigrationError INVALID_IDENTIFIER, TENANT_NOT_FOUND, CONNECTION_LOST, OUTCOME_UNKNOWN, …;
 *   whatever the callback threw last, as it is
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
  const model = options?.model;
  let ran: (() => void)[] = [];
  let failed: ((retryInMs: number | undefined) => void)[] = [];
  const journal: Journal = { ran: (tell) => ran.push(tell), failed: (tell) => failed.push(tell) };
  const value = await retrying(
    settings.retry,
    async (attempt) => {
      ran = [];
      failed = [];
      const server = await serverOf(checkedOrg, db, 'withTenant');
      return attempted(server, { org: checkedOrg, model, settings, attempt, journal }, callback);
    },
    {
      canRetry: (error) => !isForeign(error) && retryScopeOf(error) !== 'none',
      onFailure: (_error, _attempt, retryInMs) => failed.forEach((tell) => tell(retryInMs)),
    },
  );
  // A change that failed and whose error the callback caught failed all the same.
  failed.forEach((tell) => tell(undefined));
  ran.forEach((tell) => tell());
  return value;
}

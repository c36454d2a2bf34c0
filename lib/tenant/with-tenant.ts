import type { Knex } from 'knex';
import { tenantSetup } from '../migration/adapter/batch';
import { commit, rolledBack } from '../migration/adapter/commit';
import { explained, failureAt } from '../migration/adapter/explain';
import { identifier, type Identifier } from '../migration/identifier';
import { settingsOf, type Settings, type TenantOptions } from '../migration/options';
import { retrying, retryScopeOf } from '../migration/retry';
import { defaultToSchema } from '../migration/adapter/memory';
import { isMemory, send, valueOf } from '../migration/adapter/send';
import { sqlStateOf } from '../migration/sql-states';
import { setContext, type Journal } from '../migration/adapter/tenant-context';
import { serverOf, type TenantDb } from './server';

/**
 * One tenant's transaction: knex in every respect, with a `search_path` of the org and then the shared
 * schemas, so that `tenant('invoice')` is the org's table.
 */
export type TenantKnex = Knex.Transaction & {
  readonly org: string;
  /** The name that `createModel` gives a model which is only a list of fields. */
  readonly model?: string;
};

/**
 * Runs `callback` in a transaction on a tenant, and resolves when PostgreSQL has committed it.
 *
 * The whole callback runs again, on a new transaction, after an error that a new transaction can cure: a
 * lock timeout, a deadlock, a lost connection. What it does outside the database then happens again too.
 * A connection lost during COMMIT is resolved by asking the server whether it committed.
 *
 * @param db a Knex, or a function from an org to its Knex
 * @param options `model`; `lockTimeoutMs` 1000, `statementTimeoutMs` 30000 and `sharedSchemas` ['public'],
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
  options: TenantOptions = {},
): Promise<T> {
  const checkedOrg = identifier(org, 'org');
  const settings = settingsOf(options);
  let ran: (() => void)[] = [];
  let failed: ((retryInMs: number | undefined) => void)[] = [];
  const journal: Journal = { ran: (tell) => ran.push(tell), failed: (tell) => failed.push(tell) };
  const value = await retrying(
    settings.retry,
    async (attempt) => {
      ran = [];
      failed = [];
      const server = await serverOf(checkedOrg, db);
      return attempted(server, { org: checkedOrg, model: options.model, settings, attempt, journal }, callback);
    },
    {
      canRetry: (error) => retryScopeOf(error) !== 'none',
      onFailure: (_error, _attempt, retryInMs) => failed.forEach((tell) => tell(retryInMs)),
    },
  );
  // A change that failed and whose error the callback caught failed all the same.
  failed.forEach((tell) => tell(undefined));
  ran.forEach((tell) => tell());
  return value;
}

type Attempt = Parameters<typeof setContext>[1];

async function attempted<T>(server: Knex, attempt: Attempt, callback: (tenant: TenantKnex) => Promise<T>): Promise<T> {
  const { org, settings } = attempt;
  const trx = await begun(server, org);
  const caught = watched(trx);
  let value: T;
  let transactionId: string | undefined;
  try {
    transactionId = await setUp(trx, org, settings);
    value = await callback(handed(trx, attempt));
  } catch (error) {
    await rolledBackBy(trx, error);
    throw sqlStateOf(error) === ABORTED && caught() !== undefined ? rolledBack(org, caught()) : error;
  }
  const close = (): Promise<void> => trx.executionPromise.then(ignore, ignore);
  const sendCommit = (): Promise<string | undefined> => committed(trx);
  await commit(server, { org, transactionId, sendCommit, close, caught }, settings);
  return value;
}

/** 25P02, in_failed_sql_transaction: what follows the error that matters. */
const ABORTED = '25P02';

async function begun(server: Knex, org: Identifier): Promise<Knex.Transaction> {
  try {
    return await server.transaction();
  } catch (error) {
    throw explained(error, failureAt(error, org));
  }
}

/** Gives the latest failure of a statement, other than the refusals that follow it. */
function watched(trx: Knex.Transaction): () => unknown {
  let latest: unknown;
  trx.on('query-error', (error: unknown) => {
    if (sqlStateOf(error) !== ABORTED) latest = error;
  });
  return () => latest;
}

async function setUp(trx: Knex.Transaction, org: Identifier, settings: Settings): Promise<string | undefined> {
  if (isMemory(trx)) return undefined;
  let answers;
  try {
    answers = await send(trx, tenantSetup(org, settings.sharedSchemas, settings));
  } catch (error) {
    throw explained(error, failureAt(error, org));
  }
  if (valueOf(answers, 'tenant_ddl_schema') === null) {
    throw explained(undefined, { code: 'TENANT_NOT_FOUND', retryScope: 'none', org });
  }
  return valueOf(answers, 'tenant_ddl_transaction') as string;
}

function handed(trx: Knex.Transaction, attempt: Attempt): TenantKnex {
  const { org, model } = attempt;
  if (isMemory(trx)) defaultToSchema(trx, org);
  setContext(trx, attempt);
  return Object.assign(trx, model === undefined ? { org } : { org, model });
}

/** knex resolves a COMMIT whatever its answer; what the driver said is in what its `commit` gives. */
async function committed(trx: Knex.Transaction): Promise<string | undefined> {
  const [answer] = await Promise.all([
    trx.commit() as unknown as Promise<{ readonly response?: { readonly command?: string } } | undefined>,
    trx.executionPromise,
  ]);
  return answer?.response?.command;
}

/** The error that ended the callback is the one to tell, whatever becomes of the ROLLBACK. */
async function rolledBackBy(trx: Knex.Transaction, error: unknown): Promise<void> {
  await Promise.allSettled([trx.rollback(error), trx.executionPromise]);
}

function ignore(): void {
  // Only the end is waited for: whoever sent COMMIT has its answer.
}

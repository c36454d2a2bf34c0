import type { EventEmitter } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Knex } from 'knex';
import { tenantSetup } from '../migration/adapter/batch';
import { commit, rolledBack } from '../migration/adapter/commit';
import { explained, failureAt } from '../migration/adapter/explain';
import { defaultToSchema } from '../migration/adapter/memory';
import { learnSession } from '../migration/adapter/prepared';
import { clientOf, isMemory, send, valueOf, type Answer } from '../migration/adapter/send';
import { setContext, type TenantContext } from '../migration/adapter/tenant-context';
import { identityIn, type TransactionIdentity } from '../migration/adapter/transaction-identity';
import { MigrationError } from '../migration/errors';
import type { Identifier } from '../migration/identifier';
import { sqlStateOf } from '../migration/sql-states';
import type { TenantKnex } from './tenant-knex';

/** One transaction around the callback: its set-up, the callback, and a COMMIT whose outcome is known. */
export async function attempted<T>(
  server: Knex,
  context: TenantContext,
  callback: (tenant: TenantKnex) => Promise<T>,
): Promise<T> {
  const { org, settings } = context;
  const trx = await begun(server, org);
  const { caught, seen, unanswered } = watch(trx);
  let value: T;
  let identity: TransactionIdentity | undefined;
  try {
    identity = isMemory(trx) ? undefined : await setUp(trx, context);
    value = await callback(handed(trx, context));
    await refuseUnfinished(trx, org, unanswered);
  } catch (error) {
    await rolledBackFor(trx, error);
    // What PostgreSQL refused since an earlier statement had failed: that one is what matters.
    if (isRefusal(error) && caught() !== undefined) throw rolledBack(org, caught());
    // A service that the callback calls can lose a connection too: repeating our transaction cures nothing there.
    if (!(error instanceof MigrationError) && !seen(error)) markForeign(error);
    throw error;
  }
  const sendCommit = (): Promise<string | undefined> => committed(trx, org);
  const close = (): Promise<void> => trx.executionPromise.then(ignore, ignore);
  await commit(server, { org, identity, sendCommit, close, caught }, settings);
  return value;
}

const foreign = new WeakSet<object>();

function markForeign(error: unknown): void {
  if (typeof error === 'object' && error !== null) foreign.add(error);
}

/** Whether the callback threw it for reasons of its own, not of this transaction's queries. */
export function isForeign(error: unknown): boolean {
  return typeof error === 'object' && error !== null && foreign.has(error);
}

/** Whatever the role's default is: under another level, what is looked at is older than the turn. One query with BEGIN. */
const READ_COMMITTED = { isolationLevel: 'read committed' } as const;

async function begun(server: Knex, org: Identifier): Promise<Knex.Transaction> {
  try {
    const trx = await (isMemory(server) ? server.transaction() : server.transaction(READ_COMMITTED));
    // knex hands out a transaction whose BEGIN failed all the same; this tells why.
    if (trx.isCompleted()) await trx.executionPromise;
    return trx;
  } catch (error) {
    throw explained(error, failureAt(error, org));
  }
}

/** What is known of a transaction's queries by knex's events. */
interface Watch {
  /** The latest failure, other than the refusals that follow it. */
  readonly caught: () => unknown;
  /** Whether it came from a query of this transaction, and not from what else the callback did. */
  readonly seen: (error: unknown) => boolean;
  /** A query was begun and has no answer yet; so has a stream, for good. */
  readonly unanswered: () => boolean;
}

interface KnexQuery {
  readonly __knexQueryUid?: string;
}

function watch(trx: Knex.Transaction): Watch {
  let latest: unknown;
  const errors = new WeakSet<object>();
  const asked = new Set<string>();
  trx.on('query', ({ __knexQueryUid }: KnexQuery) => {
    if (__knexQueryUid !== undefined) asked.add(__knexQueryUid);
  });
  trx.on('query-response', (_answer: unknown, { __knexQueryUid }: KnexQuery) => asked.delete(String(__knexQueryUid)));
  trx.on('query-error', (error: unknown, { __knexQueryUid }: KnexQuery) => {
    asked.delete(String(__knexQueryUid));
    if (typeof error === 'object' && error !== null) errors.add(error);
    if (!isRefusal(error)) latest = error;
  });
  const seen = (error: unknown): boolean => typeof error === 'object' && error !== null && errors.has(error);
  return { caught: () => latest, seen, unanswered: () => asked.size > 0 };
}

/** 25P02, in_failed_sql_transaction. */
function isRefusal(error: unknown): boolean {
  return (error instanceof MigrationError ? error.sqlState : sqlStateOf(error)) === '25P02';
}

async function setUp(trx: Knex.Transaction, context: TenantContext): Promise<TransactionIdentity | undefined> {
  const { org, settings } = context;
  const connection = await clientOf(trx).acquireConnection();
  let answers: readonly Answer[];
  try {
    answers = await send(trx, tenantSetup(org, settings.sharedSchemas, settings, connection));
  } catch (error) {
    throw explained(error, failureAt(error, org));
  }
  learnSession(connection, answers);
  const schema = valueOf(answers, 'tenant_ddl_schema');
  if (schema !== 'usable') {
    const code = schema === 'forbidden' ? 'PERMISSION_DENIED' : 'TENANT_NOT_FOUND';
    throw explained(undefined, { code, retryScope: 'none', org });
  }
  return identityIn(answers, connection);
}

function handed(trx: Knex.Transaction, context: TenantContext): TenantKnex {
  const { org, model } = context;
  if (isMemory(trx)) defaultToSchema(trx, org);
  setContext(trx, context);
  return Object.assign(trx, model === undefined ? { org } : { org, model });
}

/** A callback that is over while its work is not, or that ended the transaction itself. */
async function refuseUnfinished(trx: Knex.Transaction, org: Identifier, unanswered: () => boolean): Promise<void> {
  if (trx.isCompleted()) {
    throw unfinished(org, ENDED_BY_CALLBACK);
  }
  // A query that was begun and not awaited reaches the driver within this turn.
  await turnOfTheLoop();
  const { readyForQuery } = (await clientOf(trx).acquireConnection()) as { readonly readyForQuery?: boolean };
  // A finished stream is not answered, and a failed query leaves the driver not ready for a moment.
  if (unanswered() && readyForQuery === false) {
    throw unfinished(org, 'The callback ended before its queries did, and nothing was changed. Await each of them.');
  }
}

function unfinished(org: Identifier, message: string): MigrationError {
  return new MigrationError(message, { code: 'DATABASE_ERROR', org });
}

/** knex resolves a COMMIT whatever the answer; what the driver said is in what its `commit` gives. */
async function committed(trx: Knex.Transaction, org: Identifier): Promise<string | undefined> {
  const connection = (await clientOf(trx).acquireConnection()) as Partial<EventEmitter>;
  let ended = false;
  const listen = ({ code }: { readonly code?: string }): void => {
    // no_active_sql_transaction: COMMIT had nothing to commit.
    if (code === '25P01') ended = true;
  };
  connection.on?.('notice', listen);
  try {
    const [answer] = await Promise.all([
      trx.commit() as unknown as Promise<{ readonly response?: { readonly command?: string } } | undefined>,
      trx.executionPromise,
    ]);
    if (ended) throw unfinished(org, ENDED_BY_CALLBACK);
    return answer?.response?.command;
  } finally {
    connection.off?.('notice', listen);
  }
}

const ENDED_BY_CALLBACK =
  'The callback ended the transaction itself, by commit or rollback. Leave both to withTenant: throw to roll back.';

/** The error that ended the callback is the one to tell, whatever becomes of the ROLLBACK. */
async function rolledBackFor(trx: Knex.Transaction, error: unknown): Promise<void> {
  await Promise.allSettled([trx.rollback(error), trx.executionPromise]);
}

function ignore(): void {
  // Only the end is waited for: whoever sent COMMIT has its answer.
}

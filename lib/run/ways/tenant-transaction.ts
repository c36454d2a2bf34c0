import type { Knex } from 'knex';
import { tenantSetup } from '../wire/batch';
import { commit, rolledBackError } from '../commit/commit';
import { explainedError, failureAt } from '../failures/message';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { defaultToSchema } from './pg-mem';
import { whileOpen } from '../open-tenants';
import { ownErrorIn } from '../failures/own-error';
import { leadsToCitus } from '../wire/citus';
import { learnSession } from '../wire/prepared';
import { clientOf, isMemory, send, valueOf, type Answer, type Connection } from '../wire/send';
import { standingOf } from './standing';
import { setContext, type TenantContext } from '../tenant-context';
import { identityIn, type TransactionIdentity } from '../wire/transaction-identity';
import { isRefusal, watchTransaction, type TransactionWatch } from './transaction-watch';
import type { AttemptJournal } from './attempt-journal';
import { beginTransaction } from './begin';
import { endedByCallbackError } from './ended-by-callback';
import { orRolledBack, rollBack } from './roll-back';
import type { TenantKnex } from '../tenant-knex';
import { refuseUnfinished } from './unfinished';

/** The context of an attempt, besides that of its tenant. */
export interface AttemptContext extends TenantContext {
  readonly journal: AttemptJournal;
  /** Whether it takes its turn before the callback does anything. */
  readonly turnFirst: boolean;
}

/** How an attempt ended; `thrown` is the error of withTenant if it is the last attempt. */
export type Outcome<T> = { readonly value: T } | Failure;

export interface Failure {
  readonly thrown: unknown;
  /** The failure of this transaction behind it; undefined if the callback threw an unrelated error. */
  readonly own: unknown;
  readonly at: 'BEGIN' | 'QUERY' | 'COMMIT';
}

/** One transaction around the callback: its set-up, the callback, and a COMMIT whose outcome is known. */
export async function runAttempt<T>(
  server: Knex,
  context: AttemptContext,
  callback: (tenant: TenantKnex) => Promise<T>,
): Promise<Outcome<T>> {
  let at: Failure['at'] = 'BEGIN';
  let watch: TransactionWatch | undefined;
  try {
    const trx = await beginTransaction(server, context);
    const connection = await clientOf(trx).acquireConnection();
    watch = watchTransaction(trx, connection);
    // From then on, the connection belongs to the pool.
    trx.executionPromise.then(watch.stop, watch.stop);
    const identity = await orRolledBack({ trx, connection, context }, () => setUp(trx, context, connection));
    at = 'QUERY';
    const run = { server, context, trx, connection, identity, watch };
    const called = await runCallback(run, callback);
    if ('thrown' in called) return called;
    at = 'COMMIT';
    await commitAttempt(run);
    return called;
  } catch (error) {
    return { thrown: error, own: error, at };
  }
}

/** A transaction, set up. */
interface Run {
  readonly server: Knex;
  readonly context: AttemptContext;
  readonly trx: Knex.Transaction;
  readonly connection: Connection;
  readonly identity: TransactionIdentity | undefined;
  readonly watch: TransactionWatch;
}

async function setUp(
  trx: Knex.Transaction,
  { org, settings, turnFirst }: AttemptContext,
  connection: Connection,
): Promise<TransactionIdentity | undefined> {
  if (isMemory(trx)) return undefined;
  let answers: readonly Answer[];
  try {
    const setup = tenantSetup(org, settings.sharedSchemas, { ...settings, turnFirst }, connection);
    answers = await awaitAnswer(connection, statementLimitMs(settings), send(trx, setup));
  } catch (error) {
    throw explainedError(error, failureAt(error, org));
  }
  learnSession(connection, answers);
  const schema = valueOf(answers, 'tenant_ddl_schema');
  if (schema !== 'usable') {
    const code = schema === 'forbidden' ? 'PERMISSION_DENIED' : 'TENANT_NOT_FOUND';
    throw explainedError(undefined, { code, retryScope: 'none', org });
  }
  return identityIn(answers, connection);
}

/** Runs the callback and checks how it left the transaction: an error, unfinished queries, or ended by the callback itself. */
async function runCallback<T>(run: Run, callback: (tenant: TenantKnex) => Promise<T>): Promise<{ value: T } | Failure> {
  const { server, context, trx, connection, watch } = run;
  const { org, journal } = context;
  let value: T;
  try {
    value = await whileOpen(org, server, trx, () => callback(asTenant(trx, context)));
  } catch (error) {
    const own = ownErrorIn(error, (each) => watch.isOwn(each) || journal.failedWith(each));
    await rollBack(run, error, own);
    if (watch.committed()) throw await endedError(run, error);
    // PostgreSQL refused it because an earlier statement had failed: that one matters.
    if (isRefusal(own) && watch.caught() !== undefined) throw rolledBackError(org, watch.caught());
    return { thrown: error, own, at: 'QUERY' };
  }
  if (trx.isCompleted()) throw await endedError(run);
  await orRolledBack(run, () => refuseUnfinished(org, connection, watch, context.settings.statementTimeoutMs));
  // The question itself is a statement, and may be outside a transaction by then.
  const committedBefore = hasCommitted(run);
  const isOurs = await orRolledBack(run, () => isStillOurs(run)).catch(async (error: unknown) => {
    throw watch.committed() ? await endedError(run, error) : error;
  });
  if (!isOurs) {
    await rollBack(run);
    throw await endedError(run, undefined, committedBefore);
  }
  return { value };
}

function asTenant(trx: Knex.Transaction, context: TenantContext): TenantKnex {
  const { org, model } = context;
  if (isMemory(trx)) defaultToSchema(trx, org);
  setContext(trx, context);
  return Object.assign(trx, model === undefined ? { org } : { org, model });
}

/** Asks the server only if the answers so far leave it open. */
async function isStillOurs({ trx, connection, identity, watch, context }: Run): Promise<boolean> {
  const { org, settings, journal } = context;
  const mayHaveEnded = watch.unknownEnds() > 0;
  if (identity === undefined || !(mayHaveEnded || (watch.undid() && journal.hasRun()))) return true;
  try {
    const standing = standingOf(trx, identity);
    const { isSame, marks } = await awaitAnswer(connection, statementLimitMs(settings), standing);
    journal.keep(marks);
    return isSame;
  } catch (error) {
    // COMMIT of a transaction with a failed statement rolls it back, and says so.
    if (isRefusal(error)) return !mayHaveEnded;
    throw explainedError(error, failureAt(error, org));
  }
}

async function commitAttempt(run: Run): Promise<void> {
  const { server, context, trx, connection, identity, watch } = run;
  const { org, settings, journal } = context;
  const close = (): Promise<void> => trx.executionPromise.then(ignore, ignore);
  const sendCommit = async (): Promise<string | undefined> => {
    const endsBefore = watch.unknownEnds();
    // knex resolves a COMMIT whatever the answer; the driver's result is in that of its `commit`.
    const [answer] = await Promise.all([
      trx.commit() as unknown as Promise<{ readonly response?: { readonly command?: string } } | undefined>,
      trx.executionPromise,
    ]);
    // A query that was not awaited came in between.
    if (identity !== undefined && watch.unknownEnds() - endsBefore > 1) throw await endedError(run);
    return answer?.response?.command;
  };
  const isLeftToWorker = leadsToCitus(connection) && !journal.hasRun();
  const open = { org, connection, identity, sendCommit, close, caught: watch.caught, isLeftToWorker };
  await commit(server, open, settings);
  // A change failed even if the callback caught its error.
  journal.tellFailures(undefined);
  journal.tellChanges(true);
}

function endedError(run: Run, cause?: unknown, committed = hasCommitted(run)): Promise<Error> {
  const { server, context, identity, watch } = run;
  const { org, settings } = context;
  return endedByCallbackError(server, { org, identity, committed, prepared: watch.prepared(), cause }, settings);
}

function hasCommitted({ identity, watch }: Run): boolean {
  return watch.committed() || (identity !== undefined && watch.unknownEnds() === Infinity);
}

function ignore(): void {
  // Waits only for the end: the sender of COMMIT has its answer.
}

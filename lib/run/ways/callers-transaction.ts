import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import { literal } from '../../sql/literal';
import type { Settings } from '../../options/options';
import { EQ, isOneOf } from '../../sql/qualified-sql';
import { sqlStateOf } from '../failures/sql-states';
import { rollbackToSavepoint, savepointBatch } from '../wire/batch';
import { diagnosed, questionsAbout } from '../failures/cause';
import { failureAt, type Diagnosis } from '../failures/message';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { clientOf, discard, send, valueOf, type Answer, type Connection } from '../wire/send';
import type { Work } from '../work';
import { sendBatch } from './send-batch';

/**
 * One round trip inside the caller's transaction. If it fails, the savepoint makes the transaction usable again, with
 * its timeouts unchanged.
 */
export async function runInCallersTransaction(work: Work, trx: Knex, settings: Settings): Promise<readonly Answer[]> {
  return inTurn(trx, async () => {
    const connection = await clientOf(trx).acquireConnection();
    return sendBatch(work, settings, {
      db: trx,
      connection,
      batch: () => savepointBatch(work, settings, connection),
      send: (sql) => send(trx, sql),
      undo: rollbackToSavepoint(),
      diagnose: (error) => takeBack(error, work, trx, connection, statementLimitMs(settings)),
    });
  });
}

/** Makes the transaction usable again, and finds the cause of the failure. */
async function takeBack(
  error: unknown,
  { org, subjects }: Work,
  trx: Knex,
  connection: Connection,
  limitMs: number,
): Promise<Diagnosis> {
  const failed = failureAt(error, org, subjects[0]?.table);
  if (failed.code === 'CONNECTION_LOST' && failed.retryScope !== 'transaction') {
    discard(connection);
    return failed;
  }
  if (sqlStateOf(error) === ABORTED) throw alreadyAbortedError(error, failed);
  try {
    const undo = rollbackToSavepoint(...questionsAbout(error, org, subjects), HOLDS_STRONG_LOCK);
    const answers = await awaitAnswer(connection, limitMs, send(trx, undo));
    const found = diagnosed(error, org, subjects, answers);
    const strong = valueOf(answers, 'tenant_ddl_strong') === 'true';
    return found.retryScope === 'savepoint' && strong ? { ...found, retryScope: 'transaction' } : found;
  } catch {
    // The first error is the one to report; the questions matter less than the caller's transaction.
    await awaitAnswer(connection, limitMs, send(trx, rollbackToSavepoint())).catch(ignore);
    return { ...failed, retryScope: failed.retryScope === 'none' ? 'none' : 'transaction' };
  }
}

/** 25P02, in_failed_sql_transaction. */
const ABORTED = '25P02';

function alreadyAbortedError(error: unknown, { org, table }: Diagnosis): MigrationError {
  return new MigrationError(
    'An earlier statement of this transaction failed, and PostgreSQL ignores everything until it is rolled back. Nothing was changed. Look for the first error, or run statements that may fail in a nested transaction.',
    { code: 'DATABASE_ERROR', org, table, sqlState: ABORTED, retryScope: 'transaction', cause: error },
  );
}

const STRONG_MODES = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'].map(literal);

/**
 * A lock that blocks readers or writers would be held while a retry waits (manual 13.3.1). The locks taken after the
 * savepoint are released by now.
 */
const HOLDS_STRONG_LOCK = `select exists (select from pg_catalog.pg_locks
  where pid ${EQ} pg_catalog.pg_backend_pid() and locktype ${EQ} 'relation' and granted
  and ${isOneOf('mode', 'text', STRONG_MODES)})::pg_catalog.text as tenant_ddl_strong`;

const turns = new WeakMap<Knex, Promise<unknown>>();

/** One change after the other: a second batch that is sent before the first is rolled back would fail with 25P02. */
async function inTurn<T>(trx: Knex, run: () => Promise<T>): Promise<T> {
  const previous = turns.get(trx) ?? Promise.resolve();
  const turn = previous.then(run);
  // Its own caller handles its failure; the next in the queue only waits for its end.
  turns.set(trx, turn.then(ignore, ignore));
  return turn;
}

function ignore(): void {
  // Already reported to the caller of the change that failed.
}

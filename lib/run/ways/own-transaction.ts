import type { Knex } from 'knex';
import type { Settings } from '../../options/options';
import { acquire } from '../wire/acquire';
import { beginBatch, joined } from '../wire/batch';
import { commit } from '../commit/commit';
import { diagnosed, questionsAbout } from '../failures/cause';
import { explainedError, failureAt, type Diagnosis } from '../failures/message';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { clientOf, discard, send, sendAlone, type Answer, type Connection } from '../wire/send';
import { identityIn } from '../wire/transaction-identity';
import type { Work } from '../work';
import { sendBatch, type BatchSender } from './send-batch';

/** Two round trips on one connection of the pool: everything up to COMMIT, and COMMIT. */
export async function runInOwnTransaction(work: Work, db: Knex, settings: Settings): Promise<readonly Answer[]> {
  const connection = await takeConnection(db, work);
  let held = true;
  const close = async (): Promise<void> => {
    if (held) {
      held = false;
      await clientOf(db).releaseConnection(connection);
    }
  };
  try {
    const answers = await sendBatch(work, settings, {
      ...undoing(work, db, connection, settings),
      batch: () => beginBatch(work, settings, connection),
      send: (sql) => send(db, sql, connection),
    });
    const identity = identityIn(answers, connection);
    const sendCommit = (): Promise<string | undefined> => sendAlone(db, 'commit', connection);
    await commit(db, { org: work.org, connection, identity, sendCommit, close, caught: () => undefined }, settings);
    return answers;
  } finally {
    await close();
  }
}

/** A connection of the pool, for one piece of work. */
export async function takeConnection(db: Knex, { org, subjects }: Work): Promise<Connection> {
  try {
    return await acquire(db);
  } catch (error) {
    throw explainedError(error, failureAt(error, org, subjects[0]?.table));
  }
}

/** For a batch that begins a transaction: its failure ends the transaction. */
export function undoing(
  work: Work,
  db: Knex,
  connection: Connection,
  settings: Settings,
): Pick<BatchSender, 'db' | 'connection' | 'undo' | 'diagnose'> {
  return {
    db,
    connection,
    undo: 'rollback',
    diagnose: (error) => takeBack(error, work, db, connection, settings),
  };
}

/** Ends the transaction, and finds the cause of the failure. */
async function takeBack(
  error: unknown,
  { org, subjects }: Work,
  db: Knex,
  connection: Connection,
  settings: Settings,
): Promise<Diagnosis> {
  const failed = failureAt(error, org, subjects[0]?.table);
  if (failed.retryScope === 'connection') {
    discard(connection);
    return failed;
  }
  const undo = joined(['rollback', ...questionsAbout(error, org, subjects)]);
  try {
    const answers = await awaitAnswer(connection, statementLimitMs(settings), send(db, undo, connection));
    return diagnosed(error, org, subjects, answers);
  } catch {
    // The first error is the one to report.
    discard(connection);
    return failed;
  }
}

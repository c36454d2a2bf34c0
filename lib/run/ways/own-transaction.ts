import type { Knex } from 'knex';
import type { Settings } from '../../options/options';
import { acquired } from '../wire/acquire';
import { beginBatch, joined } from '../wire/batch';
import { watched } from '../wire/blockers';
import { commit } from '../commit/commit';
import { diagnosed, questionsAbout } from '../failures/cause';
import { explained, failureAt, type Failed } from '../failures/message';
import { refusedHazard } from '../hazards/hazard-policy';
import { answeredWithin, batchLimitMs, statementLimitMs } from '../wire/limit';
import { learnSession, rememberingSession } from '../wire/prepared';
import type { sendPlain } from '../wire/send';
import { clientOf, discard, send, sendAlone, type Answer, type Connection } from '../wire/send';
import { identityIn } from '../wire/transaction-identity';
import { refusedUnforeseen } from '../hazards/unforeseen-policy';
import type { Work } from '../work';

/** Two round trips on one connection of the pool: everything up to COMMIT, and COMMIT. */
export async function inOwnTransaction(work: Work, db: Knex, settings: Settings): Promise<readonly Answer[]> {
  const connection = await taken(db, work);
  let held = true;
  const close = async (): Promise<void> => {
    if (held) {
      held = false;
      await clientOf(db).releaseConnection(connection);
    }
  };
  try {
    const batch = (): string => beginBatch(work, settings, connection);
    const answers = await sendUndoing(work, db, connection, settings, batch);
    learnSession(connection, answers);
    const identity = identityIn(answers, connection);
    const sendCommit = (): Promise<string | undefined> => sendAlone(db, 'commit', connection);
    await commit(db, { org: work.org, connection, identity, sendCommit, close, caught: () => undefined }, settings);
    return answers;
  } finally {
    await close();
  }
}

/** A connection of the pool, for one piece of work. */
export async function taken(db: Knex, { org, subjects }: Work): Promise<Connection> {
  try {
    return await acquired(db);
  } catch (error) {
    throw explained(error, failureAt(error, org, subjects[0]?.table));
  }
}

/** Sends a batch that begins a transaction. If it fails, ends the transaction and explains the failure. */
export function sendUndoing(
  work: Work,
  db: Knex,
  connection: Connection,
  settings: Settings,
  batch: () => string,
  sendBatch: typeof sendPlain = send,
): Promise<readonly Answer[]> {
  const limitMs = batchLimitMs(work, settings);
  return watched(
    db,
    { connection, org: work.org },
    settings,
    () =>
      rememberingSession(connection, {
        send: () => answeredWithin(connection, limitMs, sendBatch(db, batch(), connection)),
        undo: () => answeredWithin(connection, statementLimitMs(settings), send(db, 'rollback', connection)),
      }),
    async (error, seen) => {
      const failed = await undone(error, work, db, connection, settings);
      return (
        refusedHazard(error, work) ??
        refusedUnforeseen(error, work, failed.rows) ??
        explained(error, { ...failed, ...seen, lockedTables: work.lockedTables })
      );
    },
  );
}

/** Ends the transaction, and finds the cause of the failure. */
async function undone(
  error: unknown,
  { org, subjects }: Work,
  db: Knex,
  connection: Connection,
  settings: Settings,
): Promise<Failed> {
  const failed = failureAt(error, org, subjects[0]?.table);
  if (failed.retryScope === 'connection') {
    discard(connection);
    return failed;
  }
  const undo = joined(['rollback', ...questionsAbout(error, subjects)]);
  try {
    const answers = await answeredWithin(connection, statementLimitMs(settings), send(db, undo, connection));
    return diagnosed(error, org, subjects, answers);
  } catch {
    // The first error is the one to report.
    discard(connection);
    return failed;
  }
}

import type { Knex } from 'knex';
import type { Settings } from '../../options/options';
import { explained, type Failed } from '../failures/message';
import { refusedHazard } from '../hazards/hazard-policy';
import { refusedUnforeseen } from '../hazards/unforeseen-policy';
import { watched } from '../wire/blockers';
import { answeredWithin, batchLimitMs, statementLimitMs } from '../wire/limit';
import { learnSession, rememberingSession } from '../wire/prepared';
import type { Answer, Connection } from '../wire/send';
import type { Work } from '../work';

/** How one way to run sends its batch, and takes it back. */
export interface BatchSender {
  readonly db: Knex;
  readonly connection: Connection;
  /** Written again if the session has forgotten what was prepared. */
  readonly batch: () => string;
  readonly send: (sql: string) => Promise<readonly Answer[]>;
  /** The SQL that takes the batch back. */
  readonly undo: string;
  /** Takes the batch back, and finds the cause of its failure. */
  readonly diagnose: (error: unknown) => Promise<Failed>;
}

/** Sends the batch of a change, watches for whom it waits, and explains its failure. */
export async function sendBatch(work: Work, settings: Settings, sender: BatchSender): Promise<readonly Answer[]> {
  const { db, connection, batch, send, undo, diagnose } = sender;
  const answers = await watched(
    db,
    { connection, org: work.org },
    settings,
    () =>
      rememberingSession(connection, {
        send: () => answeredWithin(connection, batchLimitMs(work, settings), send(batch())),
        undo: () => answeredWithin(connection, statementLimitMs(settings), send(undo)),
      }),
    async (error, seen) => {
      const failed = await diagnose(error);
      return (
        refusedHazard(error, work) ??
        refusedUnforeseen(error, work, failed.rows) ??
        explained(error, { ...failed, ...seen, lockedTables: work.lockedTables })
      );
    },
  );
  learnSession(connection, answers);
  return answers;
}

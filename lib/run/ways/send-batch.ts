import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import type { Settings } from '../../options/options';
import { explainedError, type Diagnosis } from '../failures/message';
import { ofTable } from '../failures/of-shard';
import { refusedHazard } from '../hazards/hazard-policy';
import { refusedOnCitusError } from '../../plan/refused-on-citus';
import { refusedUnforeseen } from '../hazards/unforeseen-policy';
import { watchLocks } from '../wire/blockers';
import { leadsToCitus } from '../wire/citus';
import { awaitAnswer, batchLimitMs, statementLimitMs } from '../wire/limit';
import { learnSession, sendRemembering } from '../wire/prepared';
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
  readonly diagnose: (error: unknown) => Promise<Diagnosis>;
}

/** Sends the batch of a change, watches for whom it waits, and explains its failure. */
export async function sendBatch(work: Work, settings: Settings, sender: BatchSender): Promise<readonly Answer[]> {
  const { db, connection, send, undo, diagnose } = sender;
  const batch = (): string => {
    const { refusedOnCitus } = work;
    if (refusedOnCitus !== undefined && leadsToCitus(connection)) throw refusedOnCitusError(work.org, refusedOnCitus);
    return sender.batch();
  };
  const answers = await watchLocks(
    db,
    { connection, org: work.org },
    settings,
    () =>
      sendRemembering(connection, {
        send: () => awaitAnswer(connection, batchLimitMs(work, settings), send(batch())),
        undo: () => awaitAnswer(connection, statementLimitMs(settings), send(undo)),
      }),
    async (error, seen) => {
      // Refused before it was sent, or after it was taken back: there is nothing to take back.
      if (error instanceof MigrationError) return error;
      const failed = await diagnose(leadsToCitus(connection) ? ofTable(error, work.subjects) : error);
      return (
        refusedHazard(error, work) ??
        refusedUnforeseen(error, work, failed.rows) ??
        explainedError(error, { ...failed, ...seen, lockedTables: work.lockedTables })
      );
    },
  );
  learnSession(connection, answers);
  work.ranOn?.(connection);
  return answers;
}

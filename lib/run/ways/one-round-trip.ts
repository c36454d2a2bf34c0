import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import type { Settings } from '../../options/options';
import { GUARD_STATES } from '../../sql/server-check';
import { hearUnreplicated } from '../commit/commit';
import { explainedError, failureAt } from '../failures/message';
import { ledgeredBatch } from '../wire/batch';
import { LEDGER_SAID } from '../wire/ledger-row';
import { clientOf, discard, sendPlain, type Answer } from '../wire/send';
import type { Work } from '../work';
import { takeConnection, undoing } from './own-transaction';
import { sendBatch } from './send-batch';

/**
 * One round trip on one connection of the pool: the change, its row in the ledger, and COMMIT. After a lost connection,
 * it can simply be sent again: if it was committed, its row is no longer pending, and the ledger refuses the second one.
 */
export async function runInOneRoundTrip(work: Work, db: Knex, settings: Settings): Promise<readonly Answer[]> {
  const connection = await takeConnection(db, work);
  const stopListening = hearUnreplicated(connection, work.org, settings);
  try {
    const answers = await sendBatch(work, settings, {
      ...undoing(work, db, connection, settings),
      batch: () => ledgeredBatch(work, settings, connection),
      send: (sql) => sendPlain(db, sql, connection),
    });
    const end = work.ledger?.trial === true ? 'ROLLBACK' : 'COMMIT';
    if (answers.at(-1)?.command === end) return answers;
    discard(connection);
    const error = new Error('received unexpected answer message to COMMIT');
    throw explainedError(error, failureAt(error, work.org));
  } catch (error) {
    const said = refusalIn(error);
    if (said === undefined) throw error;
    return [{ rows: [{ [LEDGER_SAID]: said }] }];
  } finally {
    stopListening();
    await clientOf(db).releaseConnection(connection);
  }
}

/** The state of the tenant's row, or of the rollout, if it is not pending and running: not a failure, since there was nothing to do. */
function refusalIn(error: unknown): string | undefined {
  if (!(error instanceof MigrationError) || error.sqlState !== GUARD_STATES.ledger) return undefined;
  return (error.cause as Error).message;
}

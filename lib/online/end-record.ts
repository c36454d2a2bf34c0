import { commit } from '../run/commit/commit';
import { joined } from '../run/wire/batch';
import { discard, sendAlone } from '../run/wire/send';
import { identityColumns, identityIn } from '../run/wire/transaction-identity';
import type { OnlineSession } from './online-session';

/**
 * Removes the record of a change, in a transaction whose outcome can be asked for: without its record, a change that was
 * made looks like one that was never begun.
 *
 * @param end the statements that remove it
 * @throws MigrationError CONNECTION_LOST if the record is still there; OUTCOME_UNKNOWN if the server cannot say
 */
export async function endRecord({ db, org, connection, settings, ask }: OnlineSession, end: string): Promise<void> {
  const batch = joined(['begin', end, `select ${identityColumns(connection).join(', ')}`]);
  const answers = await ask(batch).catch(async (error: unknown) => {
    await ask('rollback').catch(() => discard(connection));
    throw error;
  });
  const transaction = {
    org,
    connection,
    identity: identityIn(answers, connection),
    sendCommit: () => sendAlone(db, 'commit', connection),
    // The session keeps its connection to its end; the question goes by another one.
    close: () => Promise.resolve(),
    caught: () => undefined,
  };
  await commit(db, transaction, settings);
}

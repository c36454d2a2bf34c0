import type { Knex } from 'knex';
import { acquire } from '../wire/acquire';
import { explainedError, failureAt } from '../failures/message';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { clientOf, discard, isMemory, type Connection } from '../wire/send';
import type { TenantContext } from '../tenant-context';
import type { Settings } from '../../options/options';
import { classifyInUse } from '../failures/sql-states';

/**
 * Whatever the role's default is: at another level, checks would see a snapshot from before the turn. One query with
 * BEGIN.
 */
const READ_COMMITTED = { isolationLevel: 'read committed' } as const;

/** Begins the transaction of an attempt. Its connection returns to the pool when it has ended. */
export async function beginTransaction(server: Knex, { org, settings }: TenantContext): Promise<Knex.Transaction> {
  try {
    if (isMemory(server)) return await server.transaction();
    return await beginOn(server, await acquire(server), settings);
  } catch (error) {
    throw explainedError(error, failureAt(error, org));
  }
}

/** On a known connection, which can be discarded if BEGIN is not answered. */
async function beginOn(server: Knex, connection: Connection, settings: Settings): Promise<Knex.Transaction> {
  let held = true;
  const release = async (): Promise<void> => {
    if (!held) return;
    held = false;
    Reflect.deleteProperty(connection, '__knexTxId');
    await clientOf(server).releaseConnection(connection);
  };
  const begin = async (): Promise<Knex.Transaction> => server.transaction({ ...READ_COMMITTED, connection });
  try {
    const trx = await awaitAnswer(connection, statementLimitMs(settings), begin());
    void trx.executionPromise.then(release, release);
    // knex returns a transaction even if its BEGIN failed; this finds the reason.
    if (trx.isCompleted()) await trx.executionPromise;
    return trx;
  } catch (error) {
    if (classifyInUse(error).retryScope === 'connection') discard(connection);
    await release();
    throw error;
  }
}

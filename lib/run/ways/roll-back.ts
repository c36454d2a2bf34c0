import type { Knex } from 'knex';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { discard, type Connection } from '../wire/send';
import type { TenantContext } from '../tenant-context';
import { retryScopeInUse } from '../retry';

/** In milliseconds. After 5 seconds, knex returns the connection to the pool as it is. */
const MAX_ROLLBACK_MS = 4000;

/** A transaction from its BEGIN on. */
export interface Open {
  readonly trx: Knex.Transaction;
  readonly connection: Connection;
  readonly context: Pick<TenantContext, 'settings'>;
}

export async function orRolledBack<T>(open: Open, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rollBack(open, error, error);
    throw error;
  }
}

/**
 * Rolls back. The error that ended the callback is the one to report, whatever becomes of the ROLLBACK. If that is not
 * answered, the connection is discarded, which rolls the transaction back as well.
 *
 * @param own the failure of this transaction behind the error, if there is one
 */
export async function rollBack({ trx, connection, context }: Open, error?: unknown, own?: unknown): Promise<void> {
  // Such a connection may never answer, or answer the wrong query.
  if (own !== undefined && retryScopeInUse(own) === 'connection') discard(connection);
  const ended = Promise.allSettled([trx.rollback(error), trx.executionPromise]);
  const limitMs = Math.min(MAX_ROLLBACK_MS, statementLimitMs(context.settings));
  await awaitAnswer(connection, limitMs, ended).catch(ignore);
}

function ignore(): void {
  // Already discarded.
}

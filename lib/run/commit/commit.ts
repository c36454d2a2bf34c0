import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import type { Settings } from '../../options/options';
import { logUnreplicated } from '../log';
import { classifyInUse, isRefusalOfCommit } from '../failures/sql-states';
import { explained, failureAt } from '../failures/message';
import { fateOf } from './fate';
import { answeredWithin, statementLimitMs } from '../wire/limit';
import { discard, type Connection } from '../wire/send';
import type { TransactionIdentity } from '../wire/transaction-identity';
import { withoutValues } from '../failures/without-values';

/** A transaction of ours with all its work done. */
export interface Finished {
  readonly org: string;
  readonly connection: Connection;
  /** None on pg-mem. */
  readonly identity: TransactionIdentity | undefined;
  /** Sends COMMIT and gives the tag of its answer. */
  readonly sendCommit: () => Promise<string | undefined>;
  /** Gives the connection back to the pool. May be called twice. */
  readonly close: () => Promise<void>;
  /** What aborted the transaction, where the callback caught it. */
  readonly caught: () => unknown;
}

/**
 * Commits, and returns only when the server has committed. Only an answer of the server refuses a COMMIT;
 * whatever else comes instead of one, or nothing, leaves both possible: then the server is asked.
 *
 * @throws MigrationError CONNECTION_LOST where it did not commit, so that all of it can run again;
 *   OUTCOME_UNKNOWN where the server can't say; what PostgreSQL said where it refused
 */
export async function commit(db: Knex, finished: Finished, settings: Settings): Promise<void> {
  const { org, connection, identity, sendCommit, close, caught } = finished;
  const stopListening = hearUnreplicated(connection, org, settings);
  let tag: string | undefined;
  try {
    tag = await answeredWithin(connection, statementLimitMs(settings), sendCommit());
    if (identity !== undefined && tag !== 'COMMIT' && tag !== 'ROLLBACK') {
      throw new Error('received unexpected answer message to COMMIT');
    }
  } catch (given) {
    // Such as the callback's own end of the transaction.
    if (given instanceof MigrationError) throw given;
    const error = withoutValues(given);
    if (isRefusalOfCommit(error)) throw refusedAtCommit(error, org);
    discard(connection);
    // Before the question: the pool may have this one connection only.
    await close();
    if ((await fateOf(db, { org, identity, cause: error }, settings)) === 'committed') return;
    const failure = explained(error, failureAt(error, org));
    throw failure.retryScope === 'connection' ? failure : refusedAtCommit(error, org);
  } finally {
    stopListening();
    await close();
  }
  // Where a statement failed and nobody minded, COMMIT answers ROLLBACK, which knex takes for success.
  if (tag === 'ROLLBACK') throw rolledBack(org, caught());
}

/** The parts of pg's connection that tell of what the server says beside its answers. */
interface Notices {
  on?(event: 'notice', listener: (notice: Notice) => void): unknown;
  off?(event: 'notice', listener: (notice: Notice) => void): unknown;
}

interface Notice {
  readonly routine?: string;
}

/**
 * A COMMIT that waits for a synchronous standby may be called off. It is told as done, which it is on this
 * server; that no other may have it is told by a warning only (manual 27.2.8).
 */
export function hearUnreplicated(connection: Connection, org: string, { logger }: Settings): () => void {
  const notices = connection as Notices;
  const listen = ({ routine }: Notice): void => {
    if (routine === 'SyncRepWaitForLSN') logUnreplicated(logger, org);
  };
  notices.on?.('notice', listen);
  return () => notices.off?.('notice', listen);
}

/** A deferred constraint, or a conflict with another transaction: nothing that a change of ours has said. */
function refusedAtCommit(error: unknown, org: string): MigrationError {
  const { code, retryScope, sqlState } = explained(error, failureAt(error, org));
  const { table, constraint } = error as { readonly table?: string; readonly constraint?: string };
  const by = constraint === undefined ? '' : ` by "${constraint}" of "${table ?? ''}"`;
  const words = error instanceof Error ? error.message : String(error);
  return new MigrationError(
    `COMMIT of the transaction of "${org}" was refused${by}, and nothing was changed: ${words}.`,
    {
      code,
      org,
      table,
      retryScope: retryScope === 'savepoint' ? 'transaction' : retryScope,
      sqlState,
      cause: error,
    },
  );
}

/** PostgreSQL undid a transaction that nobody meant to undo. */
export function rolledBack(org: string, given: unknown): MigrationError {
  const caught = withoutValues(given);
  const { code, retryScope } = classifyInUse(caught);
  return new MigrationError(
    `PostgreSQL rolled back the transaction of "${org}", since a statement in it had failed and the error was caught. Nothing was changed. Let the error pass, or run what may fail in a nested transaction.`,
    { code, org, retryScope: retryScope === 'savepoint' ? 'transaction' : retryScope, cause: caught },
  );
}

import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import type { Settings } from '../../options/options';
import { logUnreplicated } from '../log';
import { classifyInUse, isRefusalOfCommit } from '../failures/sql-states';
import { explainedError, failureAt } from '../failures/message';
import { isLeftToWorker } from '../failures/lost-worker';
import { isPassedOn, withoutShards } from '../failures/server-error';
import { fateOf } from './fate';
import { hearWorker, leftToWorkerError } from './left-to-worker';
import { listenToNotices } from './notices';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { discard, type Connection } from '../wire/send';
import type { TransactionIdentity } from '../wire/transaction-identity';
import { errorWithoutValues } from '../failures/without-values';

/** One of our transactions, with all its work done. */
export interface OpenCommit {
  readonly org: string;
  readonly connection: Connection;
  /** Undefined on pg-mem. */
  readonly identity: TransactionIdentity | undefined;
  /** Sends COMMIT and returns the tag of its answer. */
  readonly sendCommit: () => Promise<string | undefined>;
  /** Returns the connection to the pool. Can be called twice. */
  readonly close: () => Promise<void>;
  /** The error that aborted the transaction, if the callback caught it. */
  readonly caught: () => unknown;
  /** On Citus, where only rows were changed: then its worker decides, not the server that is asked. */
  readonly isLeftToWorker?: boolean;
}

/**
 * Commits, and returns only once the server has committed. Only an answer of the server refuses a COMMIT; after
 * anything else, or nothing, both outcomes are possible: then the server is asked.
 *
 * @throws MigrationError CONNECTION_LOST if it did not commit, so all of it can run again; OUTCOME_UNKNOWN if the
 *   server cannot say; PostgreSQL's error if it refused
 */
export async function commit(db: Knex, finished: OpenCommit, settings: Settings): Promise<void> {
  const { org, connection, identity, sendCommit, close, caught } = finished;
  const stopListening = hearUnreplicated(connection, org, settings);
  const worker = finished.isLeftToWorker === true ? hearWorker(connection) : undefined;
  let tag: string | undefined;
  try {
    tag = await awaitAnswer(connection, statementLimitMs(settings), sendCommit());
    if (identity !== undefined && tag !== 'COMMIT' && tag !== 'ROLLBACK') {
      throw new Error('received unexpected answer message to COMMIT');
    }
  } catch (given) {
    // For example if the callback ended the transaction itself.
    if (given instanceof MigrationError) throw given;
    const error = errorWithoutValues(given);
    if (worker !== undefined && isLeftToWorker(error)) {
      const refusal = worker.refusal();
      throw refusal === undefined
        ? leftToWorkerError(org, identity?.transactionId, error)
        : refusedAtCommitError(refusal, org);
    }
    if (isRefusalOfCommit(error)) throw refusedAtCommitError(error, org);
    discard(connection);
    // Before the question: the pool may have only this connection.
    await close();
    if ((await fateOf(db, { org, identity, cause: error }, settings)) === 'committed') return;
    if (worker !== undefined) throw leftToWorkerError(org, identity?.transactionId, error);
    const failure = explainedError(error, failureAt(error, org));
    throw failure.retryScope === 'connection' ? failure : refusedAtCommitError(error, org);
  } finally {
    stopListening();
    worker?.stopListening();
    await close();
  }
  // If the error of a failed statement was swallowed, COMMIT answers ROLLBACK, which knex treats as success.
  if (tag === 'ROLLBACK') throw rolledBackError(org, caught());
}

/**
 * The wait of a COMMIT for a synchronous standby can be cancelled. The server then reports success, since it has
 * committed; only a warning says that there may be no standby that has it (manual 27.2.8).
 */
export function hearUnreplicated(connection: Connection, org: string, { logger }: Settings): () => void {
  return listenToNotices(connection, ({ routine }) => {
    if (routine === 'SyncRepWaitForLSN') logUnreplicated(logger, org);
  });
}

/** A deferred constraint, or a conflict with another transaction: not an error of one of our changes. */
function refusedAtCommitError(error: unknown, org: string): MigrationError {
  const { code, retryScope, sqlState } = explainedError(error, failureAt(error, org));
  const { table, constraint } = error as { readonly table?: string; readonly constraint?: string };
  const by = constraint === undefined ? '' : ` because of "${constraint}" on "${table ?? ''}"`;
  const said = error instanceof Error ? error.message : String(error);
  const words = isPassedOn(error) ? withoutShards(said) : said;
  return new MigrationError(
    `PostgreSQL refused to commit the transaction for "${org}"${by}: ${words}. Nothing was changed.`,
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

/** The error for a transaction that PostgreSQL rolled back instead of committing it. */
export function rolledBackError(org: string, given: unknown): MigrationError {
  const caught = errorWithoutValues(given);
  const { code, retryScope } = classifyInUse(caught);
  return new MigrationError(
    `PostgreSQL rolled back the transaction for "${org}", since a statement in it had failed and the error was caught. Nothing was changed. Rethrow the error, or run statements that may fail in a nested transaction.`,
    { code, org, retryScope: retryScope === 'savepoint' ? 'transaction' : retryScope, cause: caught },
  );
}

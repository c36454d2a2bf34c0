import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Settings } from '../options';
import { classify } from '../sql-states';
import { explained, failureAt } from './explain';
import { fateOf } from './fate';
import type { TransactionIdentity } from './transaction-identity';

/** A transaction of ours with all its work done. */
export interface Finished {
  readonly org: string;
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
 * Commits, and returns only when the server has committed. A connection that is lost before the answer
 * leaves both possible: then the server is asked.
 *
 * @throws MigrationError CONNECTION_LOST where it did not commit, so that all of it can run again;
 *   OUTCOME_UNKNOWN where the server can't say; what PostgreSQL said where it refused
 */
export async function commit(db: Knex, finished: Finished, settings: Settings): Promise<void> {
  const { org, identity, sendCommit, close, caught } = finished;
  let tag: string | undefined;
  try {
    tag = await sendCommit();
  } catch (error) {
    const failure = explained(error, failureAt(error, org));
    if (failure.retryScope !== 'connection') throw refusedAtCommit(error, failure);
    // Before the question: the pool may have this one connection only.
    await close();
    if ((await fateOf(db, { org, identity, cause: error }, settings)) === 'committed') return;
    throw failure;
  } finally {
    await close();
  }
  // Where a statement failed and nobody minded, COMMIT answers ROLLBACK, which knex takes for success.
  if (tag === 'ROLLBACK') throw rolledBack(org, caught());
}

/** A deferred constraint, or a conflict with another transaction: nothing that a change of ours has said. */
function refusedAtCommit(error: unknown, { code, org, retryScope, sqlState }: MigrationError): MigrationError {
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
export function rolledBack(org: string, caught: unknown): MigrationError {
  const { code, retryScope } = classify(caught);
  return new MigrationError(
    `PostgreSQL rolled back the transaction of "${org}", since a statement in it had failed and the error was caught. Nothing was changed. Let the error pass, or run what may fail in a nested transaction.`,
    { code, org, retryScope: retryScope === 'savepoint' ? 'transaction' : retryScope, cause: caught },
  );
}

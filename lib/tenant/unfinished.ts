import { once } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Connection } from '../migration/adapter/send';
import type { TransactionWatch } from '../migration/adapter/transaction-watch';
import { MigrationError } from '../migration/errors';
import type { Identifier } from '../migration/identifier';

/** pg's client, as far as it shows what it is doing. */
interface Driver {
  readonly readyForQuery?: boolean;
  /** What it waits for the answers to: a query, or a stream of knex's. The latter's name was without `_` once. */
  readonly _activeQuery?: unknown;
  readonly connection?: { once(event: string, listener: () => void): unknown };
}

interface Stream {
  readonly destroyed: boolean;
  destroy(): void;
}

/**
 * Refuses what the callback began and did not await: a query, a nested transaction, a stream that is left
 * half read. A stream that it destroyed, or read to its end, is over as soon as the server says so.
 *
 * @throws MigrationError DATABASE_ERROR; the connection can take a ROLLBACK then
 */
export async function refuseUnfinished(
  org: Identifier,
  connection: Connection,
  watch: TransactionWatch,
): Promise<void> {
  // A query that was begun and not awaited reaches the driver within this turn.
  await turnOfTheLoop();
  if (watch.nestedOpen()) {
    throw unfinished(org, 'The callback ended before a nested transaction of it did. Await each of them.');
  }
  const stream = streamOn(connection);
  if (stream?.destroyed === false) {
    // Nothing else could be sent on this connection, ROLLBACK included.
    stream.destroy();
    throw unfinished(org, 'The callback ended before a stream of it did. Read each to its end, or destroy it.');
  }
  if (stream !== undefined) await once(protocolOf(connection), 'readyForQuery');
  // A finished stream is not answered, and a failed query leaves the driver not ready for a moment.
  if (watch.unanswered() && (connection as Driver).readyForQuery === false) {
    throw unfinished(org, 'The callback ended before its queries did. Await each of them.');
  }
}

function streamOn(connection: Connection): Stream | undefined {
  const { readyForQuery, _activeQuery: active } = connection as Driver;
  if (readyForQuery !== false || typeof active !== 'object' || active === null) return undefined;
  return 'destroyed' in active && 'destroy' in active ? (active as Stream) : undefined;
}

function protocolOf(connection: Connection): NodeJS.EventEmitter {
  return (connection as { readonly connection: NodeJS.EventEmitter }).connection;
}

function unfinished(org: Identifier, message: string): MigrationError {
  return new MigrationError(`${message} The transaction was rolled back, and nothing was changed.`, {
    code: 'DATABASE_ERROR',
    org,
  });
}

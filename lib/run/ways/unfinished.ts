import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Connection } from '../wire/send';
import type { TransactionWatch } from './transaction-watch';
import { MigrationError } from '../../errors';
import type { Identifier } from '../../sql/identifier';

/** The parts of pg's client that show what it is doing. */
interface Driver {
  readonly readyForQuery?: boolean;
  /** The query, or stream of knex, whose answer it is waiting for. */
  readonly _activeQuery?: unknown;
  /** The same, in older releases of pg 8. */
  readonly activeQuery?: unknown;
  readonly connection?: { once(event: string, listener: () => void): unknown };
}

interface Stream {
  readonly destroyed: boolean;
  destroy(): void;
}

/**
 * Refuses work that the callback began and did not await: a query, a nested transaction, a stream that is only half
 * read. A stream that it destroyed, or read to its end, is finished as soon as the server says so.
 *
 * @throws MigrationError DATABASE_ERROR; the connection is then ready for a ROLLBACK
 */
export async function refuseUnfinished(
  org: Identifier,
  connection: Connection,
  watch: TransactionWatch,
  limitMs: number,
): Promise<void> {
  // A query that was not awaited reaches the driver within this turn of the event loop.
  await turnOfTheLoop();
  if (watch.nestedOpen()) {
    throw unfinishedError(org, 'The callback ended before a nested transaction of it did. Await each of them.');
  }
  const stream = streamOn(connection);
  if (stream?.destroyed === false) {
    // Nothing else could be sent on this connection, ROLLBACK included.
    stream.destroy();
    throw unfinishedError(org, 'The callback ended before a stream of it did. Read each to its end, or destroy it.');
  }
  if (stream !== undefined) await awaitReady(connection, limitMs);
  // A finished stream has no answer, and after a failed query the driver is not ready for a moment.
  if (watch.unanswered() && (connection as Driver).readyForQuery === false) {
    throw unfinishedError(org, 'The callback ended before its queries did. Await each of them.');
  }
}

function streamOn(connection: Connection): Stream | undefined {
  const driver = connection as Driver;
  // Reading the old name would print a deprecation warning.
  const active = '_activeQuery' in driver ? driver._activeQuery : driver.activeQuery;
  if (driver.readyForQuery !== false || typeof active !== 'object' || active === null) return undefined;
  return 'destroyed' in active && 'destroy' in active ? (active as Stream) : undefined;
}

/** Waits until the server has closed a stream; no longer than for an answer, and not beyond the connection's end. */
async function awaitReady(connection: Connection, limitMs: number): Promise<void> {
  const { connection: protocol } = connection as Driver;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, limitMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    protocol?.once('readyForQuery', end);
    protocol?.once('end', end);
  });
}

function unfinishedError(org: Identifier, message: string): MigrationError {
  return new MigrationError(`${message} The transaction was rolled back, and nothing was changed.`, {
    code: 'DATABASE_ERROR',
    org,
  });
}

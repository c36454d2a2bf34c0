import type { Knex } from 'knex';
import { library } from './library';

type Row = Readonly<Record<string, unknown>>;

/** knex's client, and a connection of it. */
interface Client {
  readonly acquireConnection: () => Promise<Connection>;
  readonly releaseConnection: (connection: Connection) => Promise<void>;
}
interface Connection {
  readonly end: () => Promise<void>;
}

const TIMEOUT_MS = 30_000;

/** A server that says nothing any more is given this much longer. */
const LIMIT_MS = TIMEOUT_MS + 5000;

/**
 * The rows of a query of the command line's own, in a transaction in which it can write nothing.
 *
 * @throws MigrationError where the connection fails; else the server's error
 */
export async function rowsOf(
  db: Knex,
  sql: string,
  bindings: readonly string[],
  limitMs = LIMIT_MS,
): Promise<readonly Row[]> {
  const client = db.client as Client;
  const connection = await client.acquireConnection().catch(refuseConnection);
  const send = (text: string, values: readonly string[] = []): Promise<{ readonly rows: readonly Row[] }> =>
    Promise.resolve(db.raw<{ rows: Row[] }>(text, values).connection(connection));
  const limit = setTimeout(() => void connection.end(), limitMs);
  try {
    await send('begin transaction read only');
    await send(`set local statement_timeout = ${TIMEOUT_MS}`);
    const { rows } = await send(sql, bindings);
    return rows;
  } catch (error) {
    return refuseConnection(error);
  } finally {
    await send('rollback').catch(() => undefined);
    clearTimeout(limit);
    await client.releaseConnection(connection);
  }
}

interface Raised extends Error {
  readonly code?: string;
  /** The server's errors have one. */
  readonly severity?: string;
}

/** The connection is refused: invalid_authorization_specification, invalid_catalog_name. */
const REFUSED = /^(?:28|3D)/;

/** It is lost, or there is none to have: connection_exception, too_many_connections, operator_intervention. */
const LOST = /^(?:08|533|57P)/;

/** Says what the library says where its queries meet no server. */
function refuseConnection(error: unknown): never {
  const { code = '', message, name, severity } = error as Raised;
  const sqlState = severity === undefined ? undefined : code;
  const { MigrationError } = library();
  if (sqlState !== undefined && REFUSED.test(sqlState)) {
    throw new MigrationError(
      `PostgreSQL rejected the connection: ${reasonIn(message)} (SQLSTATE ${sqlState}). Correct its user, password or database.`,
      { code: 'DATABASE_ERROR', sqlState, cause: error },
    );
  }
  if (sqlState !== undefined && !LOST.test(sqlState)) throw error;
  const reason = name === 'KnexTimeoutError' ? 'no answer in time' : reasonIn(message) || code || name;
  throw new MigrationError(
    `The connection to PostgreSQL was lost, or could not be made (${reason}). Run the whole transaction again.`,
    { code: 'CONNECTION_LOST', retryScope: 'connection', sqlState, cause: error },
  );
}

/** knex puts the query before the server's words, which may hold the values of rows for some SQLSTATEs. */
export function reasonIn(message: string): string {
  const joint = message.lastIndexOf(' - ');
  return joint === -1 ? message : message.slice(joint + ' - '.length);
}

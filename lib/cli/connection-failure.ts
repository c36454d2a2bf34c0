import { library } from './library';

interface Raised extends Error {
  readonly code?: string;
  /** The server's errors have one. */
  readonly severity?: string;
}

/** The connection is refused: invalid_authorization_specification, invalid_catalog_name. */
const REFUSED = /^(?:28|3D)/;

/** It is lost, or there is none to have: connection_exception, too_many_connections, operator_intervention. */
const LOST = /^(?:08|533|57P)/;

/** For a query of the command line's own: what the library says where its queries meet no server. */
export function refuseConnection(error: unknown): never {
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

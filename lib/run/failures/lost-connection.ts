import { isOfServer } from './server-error';

/**
 * An error that no server sent, while a connection was made or used: the connection is lost, whatever it is
 * called. The names of such errors have no end (DNS, routes, TLS, a proxy's own protocol, a driver's timeout).
 *
 * @param error what came out of knex's pool, or of a query of ours
 */
export function isLossInUse(error: unknown): boolean {
  return !isOfServer(error) && !isMistake(error);
}

/**
 * The same for an error that may come from anywhere, such as what a callback threw: only what says itself that
 * it is of a connection.
 */
export function isLossAnywhere(error: unknown): boolean {
  if (isOfServer(error) || typeof error !== 'object' || error === null) return false;
  const { code, syscall, message } = error as Readonly<Record<string, unknown>>;
  if (typeof syscall === 'string' && CONNECTING.has(syscall)) return true;
  if (typeof code === 'string' && (NETWORK_CODES.has(code) || TLS_CODE.test(code))) return true;
  return typeof message === 'string' && DRIVERS_WORDS.test(message);
}

/** Calls of the system that a file never needs. */
const CONNECTING: ReadonlySet<string> = new Set(['connect', 'getaddrinfo', 'shutdown', 'queryA', 'queryAaaa']);

/** errno(7), what has to do with the network. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTCONN', 'ENETDOWN', 'ENETRESET'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'ESHUTDOWN', 'EPROTO', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EAI_FAIL', 'EAI_NODATA', 'ESERVFAIL', 'ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED'],
]);

const TLS_CODE = /^ERR_(?:TLS|SSL)_|^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/;

/** pg's for a connection that is gone or was not made: it gives them no code. */
const DRIVERS_WORDS =
  /connection terminated|client has encountered a connection error|client was closed|received invalid response|received unexpected \w+ message|query read timeout|^timeout expired$|SSL connection/i;

/** The caller's, or of how knex was used: another connection cures nothing. */
function isMistake(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  const isOfProgram = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return (
    isOfProgram || error instanceof SyntaxError || error.name === 'AssertionError' || KNEX_WORDS.test(error.message)
  );
}

/** knex's, for a transaction that is over or a Knex that was destroyed. */
const KNEX_WORDS =
  /transaction query already complete|invalid connection for transaction|unable to acquire a connection|^aborted$|query is empty|pool is (?:draining|destroyed)/i;

import { isOfServer } from './server-error';

/**
 * An error that does not come from a server, while a connection was opened or used: the connection is lost, whatever
 * the error's name. There is no end of such names (DNS, routes, TLS, a proxy's protocol, a driver's timeout).
 *
 * @param error from knex's pool, or from one of our queries
 */
export function isLossInUse(error: unknown): boolean {
  return !isOfServer(error) && !isMistake(error);
}

/**
 * The same for an error that may come from anywhere, such as a callback: it has to say that it is about a
 * connection.
 */
export function isLossAnywhere(error: unknown): boolean {
  if (isOfServer(error) || typeof error !== 'object' || error === null) return false;
  const { code, syscall, message } = error as Readonly<Record<string, unknown>>;
  if (typeof syscall === 'string' && CONNECTING.has(syscall)) return true;
  if (typeof code === 'string' && (NETWORK_CODES.has(code) || TLS_CODE.test(code))) return true;
  return typeof message === 'string' && DRIVERS_WORDS.test(message);
}

/** System calls that files never need. */
const CONNECTING: ReadonlySet<string> = new Set(['connect', 'getaddrinfo', 'shutdown', 'queryA', 'queryAaaa']);

/** The codes of errno(7) for the network. */
const NETWORK_CODES: ReadonlySet<string> = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTCONN', 'ENETDOWN', 'ENETRESET'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'ESHUTDOWN', 'EPROTO', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EAI_FAIL', 'EAI_NODATA', 'ESERVFAIL', 'ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED'],
]);

const TLS_CODE = /^ERR_(?:TLS|SSL)_|^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/;

/** pg's messages for a connection that is gone or was not opened: these errors have no code. */
const DRIVERS_WORDS =
  /connection terminated|client has encountered a connection error|client was closed|received invalid response|received unexpected \w+ message|query read timeout|^timeout expired$|SSL connection/i;

/** A mistake of the caller, or in the use of knex: another connection does not help. */
function isMistake(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  const isOfProgram = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return (
    isOfProgram || error instanceof SyntaxError || error.name === 'AssertionError' || KNEX_WORDS.test(error.message)
  );
}

/** knex's messages for a transaction that has ended, or a Knex that was destroyed. */
const KNEX_WORDS =
  /transaction query already complete|invalid connection for transaction|unable to acquire a connection|^aborted$|query is empty|pool is (?:draining|destroyed)/i;

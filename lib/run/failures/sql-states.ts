import type { ErrorCode, RetryScope } from '../../errors';
import { isLossAnywhere, isLossInUse } from './lost-connection';
import { isLossOfWorker } from './lost-worker';
import { isFatal, isOfServer, sqlStateOf } from './server-error';

export { sqlStateOf } from './server-error';

/** The code of a failure, and the smallest thing that has to run again to succeed. */
export interface FailureClass {
  readonly code: ErrorCode;
  readonly retryScope: RetryScope;
}

/** What an SQLSTATE (manual, Appendix A) means for a change. */
const SQL_STATES: Readonly<Record<string, FailureClass>> = {
  '55P03': { code: 'LOCK_TIMEOUT', retryScope: 'savepoint' },
  '40P01': { code: 'DEADLOCK', retryScope: 'transaction' },
  '40001': { code: 'DATABASE_ERROR', retryScope: 'transaction' },
  '53300': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '25P03': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '25P04': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '57014': { code: 'STATEMENT_TIMEOUT', retryScope: 'none' },
  '53200': { code: 'TOO_MANY_LOCKS', retryScope: 'none' },
  '54011': { code: 'TOO_MANY_COLUMNS', retryScope: 'none' },
  '42501': { code: 'PERMISSION_DENIED', retryScope: 'none' },
  // A standby, which may soon be the primary; or the connection leads to the former primary.
  '25006': { code: 'READ_ONLY_SERVER', retryScope: 'connection' },
  '23502': { code: 'NOT_NULL_VIOLATION', retryScope: 'none' },
  '23503': { code: 'FOREIGN_KEY_VIOLATION', retryScope: 'none' },
  '23505': { code: 'UNIQUE_VIOLATION', retryScope: 'none' },
  '23514': { code: 'CHECK_VIOLATION', retryScope: 'none' },
  '2BP01': { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
  '3F000': { code: 'TENANT_NOT_FOUND', retryScope: 'none' },
  '42P06': { code: 'TENANT_EXISTS', retryScope: 'none' },
  '42P01': { code: 'MODEL_NOT_FOUND', retryScope: 'none' },
  '42P07': { code: 'MODEL_EXISTS', retryScope: 'none' },
  '42703': { code: 'FIELD_NOT_FOUND', retryScope: 'none' },
  '42701': { code: 'FIELD_EXISTS', retryScope: 'none' },
  '42830': { code: 'REFERENCE_NOT_FOUND', retryScope: 'none' },
  '42804': { code: 'INVALID_SPEC', retryScope: 'none' },
  TD001: { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
  TD002: { code: 'HAZARD_REFUSED', retryScope: 'none' },
  TD020: { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
  TD003: { code: 'INDEX_NOT_FOUND', retryScope: 'none' },
  TD004: { code: 'INVALID_SPEC', retryScope: 'none' },
  TD005: { code: 'HAZARD_REFUSED', retryScope: 'none' },
  TD006: { code: 'INVALID_SPEC', retryScope: 'none' },
  TD007: { code: 'INDEX_EXISTS', retryScope: 'none' },
  TD009: { code: 'REFERENCE_NOT_FOUND', retryScope: 'none' },
  TD011: { code: 'REFERENCE_EXISTS', retryScope: 'none' },
  TD012: { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
  TD008: { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
  TD030: { code: 'ABORTED', retryScope: 'none' },
  TD041: { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
  TD040: { code: 'CHANGE_UNDER_WAY', retryScope: 'none' },
};

/** Two sessions that create the same name at the same moment collide in a catalog's own index. */
const CATALOG_INDEXES: Readonly<Record<string, FailureClass>> = {
  pg_namespace_nspname_index: { code: 'TENANT_EXISTS', retryScope: 'transaction' },
  pg_type_typname_nsp_index: { code: 'MODEL_EXISTS', retryScope: 'transaction' },
  pg_class_relname_nsp_index: { code: 'MODEL_EXISTS', retryScope: 'transaction' },
};

const LOST: FailureClass = { code: 'CONNECTION_LOST', retryScope: 'connection' };
/** Of Citus: the session on the coordinator goes on. */
const LOST_WORKER: FailureClass = { code: 'CONNECTION_LOST', retryScope: 'transaction' };
const OTHER: FailureClass = { code: 'DATABASE_ERROR', retryScope: 'none' };

/** Few errors of pg-mem have a code; its messages tell the rest. */
const MEMORY_MESSAGES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/schema not found/i, 'TENANT_NOT_FOUND'],
  [/schema (?:.* )?already exists/i, 'TENANT_EXISTS'],
  [/relation .* already exists/i, 'MODEL_EXISTS'],
  [/relation .* does not exist/i, 'MODEL_NOT_FOUND'],
  [/because other objects depend on it/i, 'DEPENDENT_OBJECTS'],
  [/^relation exists/i, 'MODEL_EXISTS'],
  [/column (?:"[^"]*" )?already exists/i, 'FIELD_EXISTS'],
  [/column .* (?:not found|does not exist)/i, 'FIELD_NOT_FOUND'],
  [/not null constraint/i, 'NOT_NULL_VIOLATION'],
  [/check constraint .* violated/i, 'CHECK_VIOLATION'],
  [/foreign key/i, 'FOREIGN_KEY_VIOLATION'],
];

/** connection_exception, operator_intervention without query_canceled: an open list that later versions extend. */
const LOST_STATE = /^(?:08|57P)/;

/** The server could not continue (rather than refusing to): another session may succeed. */
const LOST_IF_FATAL = /^(?:53|57|58|XX)/;

/** PgBouncer uses 08P01 for everything. These errors will recur. */
const REFUSED_BY_POOLER =
  /no such (?:user|database)|auth\w* failed|password authentication|unsupported startup parameter|statement pooling/i;

interface DriverError {
  readonly constraint?: unknown;
  readonly message?: unknown;
  readonly name?: unknown;
}

/** Classifies an error, wherever it comes from. If no table has it, it is a DATABASE_ERROR, which is not retried. */
export function classify(error: unknown): FailureClass {
  const sqlState = sqlStateOf(error);
  if (sqlState !== undefined) return classifyState(sqlState, error);
  if (isPoolTimeout(error)) return { code: 'POOL_TIMEOUT', retryScope: 'none' };
  return isLossAnywhere(error) ? LOST : OTHER;
}

/** The same for an error from the pool, or from one of our queries. */
export function classifyInUse(error: unknown): FailureClass {
  const known = classify(error);
  return known.code === 'DATABASE_ERROR' && sqlStateOf(error) === undefined && isLossInUse(error) ? LOST : known;
}

function classifyState(sqlState: string, error: unknown): FailureClass {
  if (isLossOfWorker(error)) return LOST_WORKER;
  const { constraint, message } = error as DriverError;
  if (sqlState === '23505' && typeof constraint === 'string' && Object.hasOwn(CATALOG_INDEXES, constraint)) {
    return CATALOG_INDEXES[constraint] as FailureClass;
  }
  const known = SQL_STATES[sqlState];
  if (known !== undefined && !(isFatal(error) && LOST_IF_FATAL.test(sqlState))) return known;
  if (sqlState === '08P01' && REFUSED_BY_POOLER.test(String(message))) return { ...LOST, retryScope: 'none' };
  const isLost = LOST_STATE.test(sqlState) || (isFatal(error) && LOST_IF_FATAL.test(sqlState));
  return isLost ? LOST : OTHER;
}

/** The pool had no free connection in time: waiting again would only lengthen the queue. */
function isPoolTimeout(error: unknown): boolean {
  return ((error ?? {}) as DriverError).name === 'KnexTimeoutError';
}

/** SQLSTATEs, besides those of a lost connection, after which the outcome of a COMMIT is unknown. */
const DOUBTFUL_STATE = /^(?:25P0[34]|40003|53|57|58|XX)/;

/**
 * Whether the server refused a COMMIT with this error: the server sent it, kept the session, and it is about the
 * transaction. After any other error, known or not, both outcomes are possible.
 */
export function isRefusalOfCommit(error: unknown): boolean {
  if (!isOfServer(error) || isFatal(error)) return false;
  if (isLossOfWorker(error)) return true;
  const sqlState = sqlStateOf(error) ?? '';
  if (LOST_STATE.test(sqlState) || sqlState === '40003') return false;
  // In another language, a PANIC looks like an ERROR; its SQLSTATE shows a problem of the server itself.
  return !DOUBTFUL_STATE.test(sqlState) || (error as { readonly severity?: string }).severity === 'ERROR';
}

/** The same for pg-mem. `error.message` must no longer begin with the statement. */
export function classifyInMemory(error: unknown): FailureClass {
  if (sqlStateOf(error) !== undefined) return classify(error);
  const { message } = (error ?? {}) as DriverError;
  const code = MEMORY_MESSAGES.find(([words]) => words.test(String(message)))?.[1] ?? 'DATABASE_ERROR';
  return { code, retryScope: 'none' };
}

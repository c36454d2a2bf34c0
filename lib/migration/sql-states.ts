import type { ErrorCode, RetryScope } from './errors';

/** What a failure is called, and the smallest thing whose repetition can cure it. */
export interface FailureClass {
  readonly code: ErrorCode;
  readonly retryScope: RetryScope;
}

/** SQLSTATE (manual, Appendix A) to what it means for a change. */
const SQL_STATES: Readonly<Record<string, FailureClass>> = {
  '55P03': { code: 'LOCK_TIMEOUT', retryScope: 'savepoint' },
  '40P01': { code: 'DEADLOCK', retryScope: 'transaction' },
  '40001': { code: 'DATABASE_ERROR', retryScope: 'transaction' },
  '57P01': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '57P02': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '57P03': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '53300': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '25P03': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '25P04': { code: 'CONNECTION_LOST', retryScope: 'connection' },
  '57014': { code: 'STATEMENT_TIMEOUT', retryScope: 'none' },
  '53200': { code: 'TOO_MANY_LOCKS', retryScope: 'none' },
  '54011': { code: 'TOO_MANY_COLUMNS', retryScope: 'none' },
  '42501': { code: 'PERMISSION_DENIED', retryScope: 'none' },
  '25006': { code: 'PERMISSION_DENIED', retryScope: 'none' },
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
  TD008: { code: 'DEPENDENT_OBJECTS', retryScope: 'none' },
};

/** Raised by the guards of our own plans; class TD is no standard's, and not PostgreSQL's. */
export const GUARD_STATES = {
  dependents: 'TD001',
  hazard: 'TD002',
  index: 'TD003',
  default: 'TD004',
  isolation: 'TD010',
  outside: 'TD020',
  unforeseen: 'TD005',
  spec: 'TD006',
  indexExists: 'TD007',
  identity: 'TD008',
} as const;

/** Two sessions that create the same name at once collide in a catalog's own index. */
const CATALOG_INDEXES: Readonly<Record<string, FailureClass>> = {
  pg_namespace_nspname_index: { code: 'TENANT_EXISTS', retryScope: 'transaction' },
  pg_type_typname_nsp_index: { code: 'MODEL_EXISTS', retryScope: 'transaction' },
  pg_class_relname_nsp_index: { code: 'MODEL_EXISTS', retryScope: 'transaction' },
};

const SOCKET_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** pg's words for a connection that is gone: it gives them no code. */
const LOST_CONNECTION = /connection terminated|client has encountered a connection error|client was closed/i;

const LOST: FailureClass = { code: 'CONNECTION_LOST', retryScope: 'connection' };

/** pg-mem gives a code to few errors; its words tell the rest. */
const MEMORY_MESSAGES: readonly (readonly [RegExp, ErrorCode])[] = [
  [/schema not found/i, 'TENANT_NOT_FOUND'],
  [/schema (?:.* )?already exists/i, 'TENANT_EXISTS'],
  [/relation .* already exists/i, 'MODEL_EXISTS'],
  [/relation .* does not exist/i, 'MODEL_NOT_FOUND'],
  [/column already exists/i, 'FIELD_EXISTS'],
  [/column .* (?:not found|does not exist)/i, 'FIELD_NOT_FOUND'],
  [/not null constraint/i, 'NOT_NULL_VIOLATION'],
  [/foreign key/i, 'FOREIGN_KEY_VIOLATION'],
];

interface DriverError {
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly message?: unknown;
  readonly name?: unknown;
}

/** The five characters that the server gave an error, if it did. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as DriverError;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !SOCKET_CODES.has(code) ? code : undefined;
}

/** What a failure is. Whatever is in no table is a DATABASE_ERROR, which nothing repeats. */
export function classify(error: unknown): FailureClass {
  const { code, constraint, message, name } = (error ?? {}) as DriverError;
  const sqlState = sqlStateOf(error);
  if (sqlState === '23505' && typeof constraint === 'string' && Object.hasOwn(CATALOG_INDEXES, constraint)) {
    return CATALOG_INDEXES[constraint] as FailureClass;
  }
  if (sqlState !== undefined) {
    return SQL_STATES[sqlState] ?? (sqlState.startsWith('08') ? LOST : { code: 'DATABASE_ERROR', retryScope: 'none' });
  }
  if (typeof code === 'string' && SOCKET_CODES.has(code)) return LOST;
  if (typeof message === 'string' && LOST_CONNECTION.test(message)) return LOST;
  // The pool had no connection to give in time.
  if (name === 'KnexTimeoutError') return { code: 'DATABASE_ERROR', retryScope: 'connection' };
  return { code: 'DATABASE_ERROR', retryScope: 'none' };
}

/** The same for pg-mem. `error.message` must no longer begin with the statement. */
export function classifyInMemory(error: unknown): FailureClass {
  if (sqlStateOf(error) !== undefined) return classify(error);
  const message = String((error as DriverError | undefined)?.message);
  const code = MEMORY_MESSAGES.find(([words]) => words.test(message))?.[1] ?? 'DATABASE_ERROR';
  return { code, retryScope: 'none' };
}

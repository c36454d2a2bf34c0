import { shownLines } from './shown';

/** Every code that a {@link MigrationError} can carry. */
export const ERROR_CODES = [
  'INVALID_SPEC',
  'INVALID_IDENTIFIER',
  'TENANT_MISMATCH',
  'CROSS_TENANT_REFERENCE',
  'TENANT_NOT_FOUND',
  'TENANT_EXISTS',
  'MODEL_EXISTS',
  'MODEL_NOT_FOUND',
  'FIELD_EXISTS',
  'FIELD_NOT_FOUND',
  'INDEX_EXISTS',
  'INDEX_NOT_FOUND',
  'REFERENCE_EXISTS',
  'REFERENCE_NOT_FOUND',
  'NOT_NULL_VIOLATION',
  'UNIQUE_VIOLATION',
  'FOREIGN_KEY_VIOLATION',
  'CHECK_VIOLATION',
  'CONVERSION_FAILED',
  'DEPENDENT_OBJECTS',
  'HAZARD_REFUSED',
  'LOCK_TIMEOUT',
  'STATEMENT_TIMEOUT',
  'DEADLOCK',
  'NESTED_CALL',
  'CHANGE_UNDER_WAY',
  'POOL_TIMEOUT',
  'CONNECTION_LOST',
  'READ_ONLY_SERVER',
  'OUTCOME_UNKNOWN',
  'TOO_MANY_LOCKS',
  'TOO_MANY_COLUMNS',
  'PERMISSION_DENIED',
  'UNSUPPORTED_DATABASE',
  'ABORTED',
  'DATABASE_ERROR',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * The smallest thing that has to run again for another attempt to succeed: the part since a savepoint, the
 * whole transaction, or the whole transaction on a new connection; `none` if no retry can help.
 */
export type RetryScope = 'savepoint' | 'transaction' | 'connection' | 'none';

/** One thing wrong with a spec: where (`fields[2].requird`) and what (`unknown key`). */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** A narrower code than INVALID_SPEC. */
  readonly code?: 'INVALID_IDENTIFIER' | 'CROSS_TENANT_REFERENCE';
}

/** A session that held the lock that a change was waiting for. */
export interface Blocker {
  /** 0 for a prepared transaction, which has no session. */
  readonly pid: number;
  /** `prepared`, or as in `pg_stat_activity`: `idle in transaction`, `active`, …; `unknown` if the role may not see it. */
  readonly state: string;
  /** The age of its transaction, in milliseconds. */
  readonly ageMs: number;
  readonly applicationName: string;
  /** The name of a prepared transaction (`pg_prepared_xacts.gid`): COMMIT PREPARED or ROLLBACK PREPARED ends it. */
  readonly preparedTransaction?: string;
}

/** The properties that a {@link MigrationError} is made from; it documents each. */
export interface MigrationErrorDetails {
  readonly code: ErrorCode;
  readonly org?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly sqlState?: string | undefined;
  readonly retryScope?: RetryScope;
  readonly faults?: readonly Fault[];
  readonly transactionId?: string | undefined;
  readonly blockedBy?: readonly Blocker[] | undefined;
  readonly dependents?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * The one error type of this library. Its message says what happened, where, and what to do instead;
 * neither it nor `cause` contains the value of a default or a row.
 *
 * @example
 * try {
 *   await addFieldToModel('acme-corp', 'invoice', field, tenant);
 * } catch (error) {
 *   if (error instanceof MigrationError && error.code === 'FIELD_EXISTS') return showTaken(error.column);
 *   throw error;
 * }
 */
export class MigrationError extends Error {
  readonly code: ErrorCode;
  /** The tenant; `''` if there is none, as for an empty org. */
  readonly org: string;
  readonly table?: string;
  readonly column?: string;
  /** PostgreSQL's SQLSTATE (manual, Appendix A), if the server answered. */
  readonly sqlState?: string;
  readonly retryScope: RetryScope;
  /** Every fault of the spec, for codes that a spec can cause. */
  readonly faults?: readonly Fault[];
  /** With OUTCOME_UNKNOWN: the transaction whose outcome is unknown (an argument for `pg_xact_status`). */
  readonly transactionId?: string;
  /** With LOCK_TIMEOUT and DEADLOCK: the sessions in the way, if they could be looked up. */
  readonly blockedBy?: readonly Blocker[];
  /**
   * With DEPENDENT_OBJECTS: the objects in the way, by kind and name. Other tenants' objects are listed here, but
   * not in the message, which a tenant's user may read.
   */
  readonly dependents?: readonly string[];

  constructor(message: string, details: MigrationErrorDetails) {
    super(shownLines(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MigrationError';
    this.code = details.code;
    this.org = details.org ?? '';
    this.retryScope = details.retryScope ?? 'none';
    if (details.table !== undefined) this.table = details.table;
    if (details.column !== undefined) this.column = details.column;
    if (details.sqlState !== undefined) this.sqlState = details.sqlState;
    if (details.faults !== undefined) this.faults = details.faults;
    if (details.dependents !== undefined) this.dependents = details.dependents;
    if (details.blockedBy !== undefined) this.blockedBy = details.blockedBy;
    if (details.transactionId !== undefined) this.transactionId = details.transactionId;
  }
}

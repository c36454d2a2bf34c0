import type { MigrationError } from '../errors';
import { readsDebug, writeRecord, type Logger } from '../options/logger';
import type { Hazard } from '../plan/plan';
import { withLiterals } from '../sql/literal';
import { textOf, type Statement } from '../sql/statement';
import type { Subject } from '../plan/subject';

/** A change that ran. */
export function logChange(logger: Logger, org: string, subject: LoggedSubject, took: Timing): void {
  writeRecord(logger, 'info', subject.message, { org, ...loggedPart(subject), ...took });
}

/** What an attempt failed at: the change that the error names, or the whole list if it names none. */
export function failedSubject(subjects: readonly LoggedSubject[], { table, column }: At): LoggedSubject | undefined {
  const [first, ...others] = subjects;
  if (first === undefined || others.length === 0) return first;
  const onTable = subjects.filter((subject) => table !== undefined && subject.table === table);
  const onColumn = onTable.filter(({ fields }) => column !== undefined && fields.some((field) => field === column));
  const named = onColumn.length > 0 ? onColumn : onTable.length > 0 ? onTable : subjects;
  const [only] = named;
  if (named.length === 1 && only !== undefined) return only;
  const tables = new Set(named.map((subject) => subject.table));
  return {
    message: [...new Set(named.map(({ message }) => message))].join(', '),
    table: tables.size === 1 ? [...tables][0] : undefined,
    fields: tables.size === 1 ? [...new Set(named.flatMap(({ fields }) => fields))] : [],
  };
}

/** Where an error happened. */
type At = Pick<MigrationError, 'table' | 'column'>;

/** Logs a failed attempt: a warning if another one follows, otherwise an error. */
export function logFailure(logger: Logger, org: string, subject: LoggedSubject, failure: Failure): void {
  const { error, attempt, durationMs, retryInMs } = failure;
  const record = {
    org,
    ...loggedPart(subject),
    code: error.code,
    sqlState: error.sqlState,
    reason: error.message,
    blockedBy: error.blockedBy,
    durationMs,
    attempt,
    retryInMs,
  };
  writeRecord(logger, retryInMs === undefined ? 'error' : 'warn', subject.message, record);
}

/** Logs a hazard that applied, with what to do next time. */
export function logHazard(logger: Logger, org: string, { table, column, kind, message, saferWay }: Hazard): void {
  const record = { org, table, fields: column === undefined ? [] : [column], kind, reason: message, saferWay };
  writeRecord(logger, 'warn', 'HAZARD', record);
}

/** Logs the SQL of a plan at level debug, with an ellipsis for every value: a default may be a secret. */
export function logSql(logger: Logger, org: string, statements: readonly Statement[]): void {
  if (!readsDebug(logger)) return;
  writeRecord(logger, 'debug', 'SQL', { org, statements: statements.map(textOf).map(withoutValues) });
}

/** Logs a COMMIT whose wait for a standby was cancelled. */
export function logUnreplicated(logger: Logger, org: string): void {
  const reason =
    'The wait for the synchronous standby was cancelled. The transaction is committed on this server, but there may be no standby that has it.';
  writeRecord(logger, 'warn', 'COMMIT', { org, reason });
}

/** Logs why the holders of a lock could not be looked up. */
export function logBlindness(logger: Logger, reason: string): void {
  writeRecord(logger, 'debug', 'BLOCKERS', { reason });
}

/** A connection beside the pool that could not be closed, or came to nothing when nobody waited for it any more. */
export function logLeftOpen(logger: Logger, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  writeRecord(logger, 'debug', 'CONNECTION BESIDE THE POOL', { reason });
}

/** Masks every constant that literal.ts writes, and nothing else: no name contains a quote or a space. */
export function withoutValues(sql: string): string {
  return withLiterals(sql, () => "'…'").replace(/\bdefault (?:-?[\d.]+|true|false)/g, 'default …');
}

/** The part of a subject that is logged. */
export type LoggedSubject = Pick<Subject, 'message' | 'fields' | 'to'> & { readonly table?: string | undefined };

function loggedPart({ table, fields, to }: LoggedSubject): Omit<LoggedSubject, 'message'> {
  return { table, fields, ...(to === undefined ? {} : { to }) };
}

export interface Timing {
  readonly durationMs: number;
  readonly attempts: number;
  /** Set if it is unknown whether the transaction was committed. */
  readonly uncommitted?: true;
}

export interface Failure {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly sqlState?: string | undefined;
    readonly blockedBy?: MigrationError['blockedBy'] | undefined;
  };
  readonly attempt: number;
  readonly durationMs: number;
  /** Undefined if there is no further attempt. */
  readonly retryInMs: number | undefined;
}

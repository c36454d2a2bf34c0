import { createLogger, format, transports } from 'winston';
import type { MigrationError } from './errors';
import type { Hazard } from './plan';
import { inPlace, type Statement } from './query';
import type { Subject } from './subject';

/** winston's methods, as far as they are used: any logger that has them will do. */
export interface Logger {
  debug(message: string, meta: LogRecord): unknown;
  info(message: string, meta: LogRecord): unknown;
  warn(message: string, meta: LogRecord): unknown;
  error(message: string, meta: LogRecord): unknown;
  /** winston's: spares the work for a record that nobody reads. */
  isLevelEnabled?(level: string): boolean;
}

/** What stands beside the message. No value of a default or a row is ever in it. */
export type LogRecord = Readonly<Record<string, unknown>>;

let shared: Logger | undefined;

/** winston: one JSON object a line on the console, from level info, with a timestamp. */
export function defaultLogger(): Logger {
  shared ??= createLogger({
    level: 'info',
    // format.json() would sort the keys, and the message is what one looks for first.
    format: format.combine(format.timestamp(), format.printf(inOrder)),
    transports: [new transports.Console()],
  });
  return shared;
}

function inOrder({ level, message, timestamp, ...record }: Record<string, unknown>): string {
  return JSON.stringify({ level, message, ...record, timestamp });
}

/** A change that ran. */
export function logChange(logger: Logger, org: string, subject: LoggedSubject, took: Took): void {
  quietly(() => logger.info(subject.message, { org, table: subject.table, fields: subject.fields, ...took }));
}

/** An attempt that failed: a warning where another follows, an error where none does. */
export function logFailure(logger: Logger, org: string, subject: LoggedSubject, failure: Failure): void {
  const { error, attempt, durationMs, retryInMs } = failure;
  const record = {
    org,
    table: subject.table,
    fields: subject.fields,
    code: error.code,
    sqlState: error.sqlState,
    reason: error.message,
    blockedBy: error.blockedBy,
    durationMs,
    attempt,
    retryInMs,
  };
  quietly(() =>
    retryInMs === undefined ? logger.error(subject.message, record) : logger.warn(subject.message, record),
  );
}

/** A change that ran although it could hurt: what to do next time. */
export function logHazard(logger: Logger, org: string, { table, column, kind, message, saferWay }: Hazard): void {
  const record = { org, table, fields: column === undefined ? [] : [column], kind, reason: message, saferWay };
  quietly(() => logger.warn('HAZARD', record));
}

/** The SQL of a plan, at level debug, with an ellipsis for every value: a default may be a secret. */
export function logSql(logger: Logger, org: string, statements: readonly Statement[]): void {
  if (logger.isLevelEnabled?.('debug') === false) return;
  const texts = (): string[] =>
    statements.map((statement) => (typeof statement === 'string' ? statement : inPlace(statement)));
  quietly(() => logger.debug('SQL', { org, statements: texts().map(withoutValues) }));
}

/** What kept the blockers of a lock from being named. */
export function logBlindness(logger: Logger, reason: string): void {
  quietly(() => logger.debug('BLOCKERS', { reason }));
}

/** A logger that fails must not make a change that was committed look as if it was not. */
export function quietly(tell: () => unknown): void {
  try {
    tell();
  } catch (error) {
    process.emitWarning(`A logger or callback threw, and was not heard: ${String(error)}`, 'tenant-ddl');
  }
}

/** Every constant that literal.ts writes, and nothing else: no name can hold a quote or a space. */
export function withoutValues(sql: string): string {
  return sql
    .replace(/E'(?:''|\\.|[^'\\])*'|'(?:''|[^'])*'/gs, "'…'")
    .replace(/\bdefault (?:-?[\d.]+|true|false)/g, 'default …');
}

/** The part of a subject that is logged. */
export type LoggedSubject = Pick<Subject, 'message' | 'fields'> & { readonly table?: string | undefined };

export interface Took {
  readonly durationMs: number;
  readonly attempts: number;
}

export interface Failure {
  readonly error: MigrationError;
  readonly attempt: number;
  readonly durationMs: number;
  /** Without one, no further attempt is made. */
  readonly retryInMs: number | undefined;
}

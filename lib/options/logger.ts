import type * as Winston from 'winston';
import { heard } from './heard';

/**
 * winston's methods, as far as they are used: any logger that has them and takes `(message, record)`.
 * pino and bunyan, which take `(record, message)`, are recognised.
 */
export interface Logger {
  /** Writes a record at level debug. */
  debug(message: string, meta: LogRecord): unknown;
  /** Writes a record at level info. */
  info(message: string, meta: LogRecord): unknown;
  /** Writes a record at level warn. */
  warn(message: string, meta: LogRecord): unknown;
  /** Writes a record at level error. */
  error(message: string, meta: LogRecord): unknown;
  /** winston's and pino's: spares the work for a record that nobody reads. */
  isLevelEnabled?(level: string): boolean;
}

/** What stands beside the message. No value of a default or a row is ever in it. */
export type LogRecord = Readonly<Record<string, unknown>>;

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one record. Whatever the logger does, the change goes on. */
export function writeRecord(logger: Logger, level: Level, message: string, record: LogRecord): void {
  heard(() => {
    if (!takesRecordFirst(logger)) return logger[level](message, record);
    // Inherited `this`: both keep their state on the logger.
    return (logger as unknown as RecordFirst)[level](record, message);
  });
}

/** Whether a record at level debug would be read, where the logger can say. */
export function readsDebug(logger: Logger): boolean {
  return heard(() => logger.isLevelEnabled?.('debug')) !== false;
}

type RecordFirst = Record<Level, (record: LogRecord, message: string) => unknown>;

/** pino has `bindings()`, bunyan `fields` and `addStream()`, their children too; winston has none of these. */
function takesRecordFirst(logger: Logger): boolean {
  const { bindings, fields, addStream } = logger as {
    readonly bindings?: unknown;
    readonly fields?: unknown;
    readonly addStream?: unknown;
  };
  if (typeof bindings === 'function') return true;
  return typeof addStream === 'function' && typeof fields === 'object';
}

let shared: Logger | undefined;

/** winston: one JSON object a line on the console, from level info, with a timestamp. Loaded when first used. */
export function defaultLogger(): Logger {
  shared ??= made();
  return shared;
}

function made(): Logger {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- most services pass a logger of their own
  const { createLogger, format, transports } = require('winston') as typeof Winston;
  return createLogger({
    level: 'info',
    // format.json() would sort the keys, and the message is what one looks for first.
    format: format.combine(format.timestamp(), format.printf(inOrder)),
    transports: [new transports.Console()],
  });
}

function inOrder({ level, message, timestamp, ...record }: Record<string, unknown>): string {
  return JSON.stringify({ level, message, ...record, timestamp });
}

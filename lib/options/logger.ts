import type * as Winston from 'winston';
import { heard } from './heard';

/**
 * The methods of winston that are used. Any logger with them that takes `(message, record)` will do; pino and
 * bunyan, which take `(record, message)`, are recognised.
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
  /** winston and pino have it: saves the work for a record that is not written. */
  isLevelEnabled?(level: string): boolean;
}

/** The data beside the message. It never contains the value of a default or a row. */
export type LogRecord = Readonly<Record<string, unknown>>;

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes one record. Whatever the logger does, the change goes on. */
export function writeRecord(logger: Logger, level: Level, message: string, record: LogRecord): void {
  heard(() => {
    if (!takesRecordFirst(logger)) return logger[level](message, record);
    // Called as a method: both keep their state on the logger.
    return (logger as unknown as RecordFirst)[level](record, message);
  });
}

/** Whether a record at level debug would be written; true if the logger cannot say. */
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

/** `logger: false`. */
export const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  isLevelEnabled: () => false,
};

let shared: Logger | undefined;

/** winston: one JSON object per line on the console, from level info, with a timestamp. Loaded on first use. */
export function defaultLogger(): Logger {
  shared ??= made();
  return shared;
}

function made(): Logger {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- most services pass a logger of their own
  const { createLogger, format, transports } = require('winston') as typeof Winston;
  return createLogger({
    level: 'info',
    // format.json() would sort the keys; the message should come first.
    format: format.combine(format.timestamp(), format.printf(inOrder)),
    transports: [new transports.Console()],
  });
}

function inOrder({ level, message, timestamp, ...record }: Record<string, unknown>): string {
  return JSON.stringify({ level, message, ...record, timestamp });
}

import { constants } from 'node:os';

interface DriverError {
  readonly code?: unknown;
  readonly severity?: unknown;
  readonly syscall?: unknown;
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Whether a server sent it: errors that pg itself creates have no severity. A pooler counts as a server. */
export function isOfServer(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as DriverError;
  return typeof severity === 'string' && typeof code === 'string' && SQLSTATE.test(code);
}

/** The SQLSTATE of an error, if the server set one. EPERM also has five characters, but is the system's. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as DriverError;
  if (typeof code !== 'string' || !SQLSTATE.test(code)) return undefined;
  if (isOfServer(error)) return code;
  // Other drivers and pg-mem set no severity. Each SQLSTATE of PostgreSQL contains a digit, or is of class TD.
  const isOfSystem = syscall !== undefined || code in constants.errno || !/\d/.test(code);
  return isOfSystem ? undefined : code;
}

/** Functions of Citus that refuse a change of a distributed table, or of what it needs; PostgreSQL has no such names. */
const REFUSES = /^(?:ErrorIfUnsupported|DeferErrorIf)/;

export function isRefusalOfCitus(error: unknown): boolean {
  const { routine } = (error ?? {}) as { readonly routine?: unknown };
  return typeof routine === 'string' && REFUSES.test(routine);
}

/** The function of a coordinator of Citus that passes on what a worker says, or what libpq says of the line to it. */
export function isPassedOn(error: unknown): boolean {
  return ((error ?? {}) as { readonly routine?: unknown }).routine === 'ReportResultError';
}

/** The words of a worker with the names that its shards have on the coordinator. */
export function withoutShards(words: string): string {
  return words.replace(/_\d+"/g, '"');
}

/** Whether it ended the session. `severity` is in the server's language, but some languages hardly differ. */
export function isFatal(error: unknown): boolean {
  const { severity } = (error ?? {}) as DriverError;
  return typeof severity === 'string' && /^(?:FATAL|PANI[CK])$/.test(severity);
}

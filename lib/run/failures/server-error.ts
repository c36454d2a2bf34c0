import { constants } from 'node:os';

interface DriverError {
  readonly code?: unknown;
  readonly severity?: unknown;
  readonly syscall?: unknown;
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Whether a server sent it: pg gives what it makes up itself no severity. A pooler counts as one. */
export function isOfServer(error: unknown): boolean {
  const { code, severity } = (error ?? {}) as DriverError;
  return typeof severity === 'string' && typeof code === 'string' && SQLSTATE.test(code);
}

/** The five characters that the server gave an error, if it did. EPERM has as many, and is the system's. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as DriverError;
  if (typeof code !== 'string' || !SQLSTATE.test(code)) return undefined;
  if (isOfServer(error)) return code;
  // Other drivers and pg-mem give no severity. Each SQLSTATE of PostgreSQL has a digit, or is of class TD.
  const isOfSystem = syscall !== undefined || code in constants.errno || !/\d/.test(code);
  return isOfSystem ? undefined : code;
}

/** The session ended with it. `severity` is in the server's language; some hardly differ. */
export function isFatal(error: unknown): boolean {
  const { severity } = (error ?? {}) as DriverError;
  return typeof severity === 'string' && /^(?:FATAL|PANI[CK])$/.test(severity);
}

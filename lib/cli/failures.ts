import type { Fault, MigrationError } from '..';
import { inCommandWords } from './command-words';
import { EXIT, type ExitCode } from './exit-codes';
import { withoutPasswords } from './without-passwords';

/** The command cannot be understood, or is not allowed as it stands. */
export class UsageError extends Error {}

/** Something outside of the program is not as it has to be: a file, an answer, a tenant that has moved. */
export class RefusedError extends Error {}

/** pg throws on an answer that it cannot read, and nobody has called it. Its words could be those of the answer. */
export function strayError({ name }: Error): RefusedError {
  return new RefusedError(
    `The driver of the database failed (${name}), most likely because it could not read an answer of the server. The server undoes what was not committed. Run the command again.`,
  );
}

/** What a failure is called in `--json`. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly org?: string;
  readonly table?: string;
}

/** A failure as it may be shown. Its stack and its cause are not: a driver's could hold more than its message does. */
export function failureOf(error: unknown, command: string, env: NodeJS.ProcessEnv): Failure {
  const message = withoutPasswords(messageOf(error, command), env);
  if (error instanceof UsageError) return { code: 'USAGE', message };
  if (error instanceof RefusedError) return { code: 'REFUSED', message };
  if (!isMigrationError(error)) return { code: 'ERROR', message };
  const { code, org, table } = error;
  return { code, message, ...(org === '' ? {} : { org }), ...(table === undefined ? {} : { table }) };
}

export function exitCodeOf(error: unknown, signal: AbortSignal): ExitCode {
  if (signal.aborted && (error === signal.reason || codeOf(error) === 'ABORTED')) return EXIT.interrupted;
  return error instanceof UsageError || isAboutOptions(error) ? EXIT.usage : EXIT.error;
}

/** Whether a flag has a value that the library does not take for its option. */
function isAboutOptions(error: unknown): boolean {
  const faults = isMigrationError(error) ? (error.faults ?? []) : [];
  return faults.length > 0 && faults.every(isOfOption);
}

/** As opposed to one of a file. */
export function isOfOption({ path }: Fault): boolean {
  return path.startsWith('options.');
}

function messageOf(error: unknown, command: string): string {
  if (isMigrationError(error)) return inCommandWords(error.message, { command, org: error.org });
  if (!(error instanceof Error)) return String(error);
  // A connection that is tried at several addresses fails without a message.
  return error.message || codeOf(error) || error.name;
}

function codeOf(error: unknown): string | undefined {
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  return name === 'AbortError' ? 'ABORTED' : typeof code === 'string' ? code : undefined;
}

/** By its name, so that the library is not loaded for an error of the arguments. */
function isMigrationError(error: unknown): error is MigrationError {
  return error instanceof Error && error.name === 'MigrationError';
}

import { isFatal, isOfServer, isPassedOn, sqlStateOf } from './server-error';

interface Raised {
  readonly routine?: unknown;
  readonly message?: unknown;
}

/** Functions of a coordinator of Citus that report a lost worker; PostgreSQL has no such names. */
const REPORTS_LOSS: readonly unknown[] = ['ReportConnectionError', 'CheckRemoteTransactionsHealth'];

/** connection_exception, operator_intervention without query_canceled. */
const LOST_STATE = /^(?:08|57P)/;

/** libpq's words, which have no SQLSTATE of their own; its advice is on a line of its own in every language. */
const WORDS_OF_LIBPQ = /\n\t|connection|could not (?:receive|send) data|SSL SYSCALL/i;

/**
 * Whether a coordinator of Citus has lost a worker, before it decided: it has rolled the transaction back there and on
 * itself, and its own session goes on. A worker that is lost after the decision is a warning, no error.
 */
export function isLossOfWorker(error: unknown): boolean {
  if (!isOfServer(error) || isFatal(error)) return false;
  const { routine, message } = error as Raised;
  if (REPORTS_LOSS.includes(routine)) return true;
  if (!isPassedOn(error)) return false;
  const state = sqlStateOf(error) ?? '';
  return LOST_STATE.test(state) || (state === 'XX000' && WORDS_OF_LIBPQ.test(String(message)));
}

/** Whether a worker was asked to COMMIT rows, alone, and did not say that it has. */
export function isLeftToWorker(error: unknown): boolean {
  return isOfServer(error) && (error as Raised).routine === 'ErrorIfPostCommitFailedShardPlacements';
}

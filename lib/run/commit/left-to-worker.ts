import { MigrationError } from '../../errors';
import { isLossOfWorker } from '../failures/lost-worker';
import { isPassedOn } from '../failures/server-error';
import { errorWithoutValues } from '../failures/without-values';
import type { Connection } from '../wire/send';
import { listenToNotices, type Notice } from './notices';

/** What a worker has said to its COMMIT. */
export interface WorkerAnswer {
  /** Its refusal, such as of a deferred key: nothing was changed. Undefined if it said nothing that decides. */
  readonly refusal: () => unknown;
  readonly stopListening: () => void;
}

/**
 * Where a transaction of Citus has changed rows of one tenant alone, the coordinator sends COMMIT to its worker, and
 * commits itself afterwards. What the worker says instead of COMMIT comes as a warning.
 */
export function hearWorker(connection: Connection): WorkerAnswer {
  let refusal: unknown;
  const stopListening = listenToNotices(connection, (notice) => {
    if (!isPassedOn(notice)) return;
    const said = errorOf(notice);
    if (!isLossOfWorker(said)) refusal ??= said;
  });
  return { refusal: () => refusal, stopListening };
}

function errorOf({ message, ...fields }: Notice): unknown {
  return errorWithoutValues(Object.assign(new Error(message), fields, { severity: 'ERROR' }));
}

/** The error for a COMMIT of rows alone that the coordinator cannot decide: its worker may have done it by itself. */
export function leftToWorkerError(org: string, transactionId: string | undefined, given: unknown): MigrationError {
  const cause = errorWithoutValues(given);
  const reason = cause instanceof Error ? ` (${cause.message.split('\n', 1).join()})` : '';
  return new MigrationError(
    `COMMIT got no answer${reason}. Only rows were changed, which Citus leaves to the worker of "${org}", so the coordinator cannot say what became of them. Check whether the rows were changed before you run it again.`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

// What a coordinator of Citus says of a worker that it has lost, as measured with Citus 13.2.2.
import { isLeftToWorker, isLossOfWorker } from '../../../../lib/run/failures/lost-worker';
import { classify, isRefusalOfCommit } from '../../../../lib/run/failures/sql-states';

const raised = (routine: string | undefined, code: string, message: string, severity = 'ERROR'): Error =>
  Object.assign(new Error(message), { code, severity, routine });

const LIBPQ =
  'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.';

it.each([
  ['ReportConnectionError', '08006', 'connection to the remote node postgres@w:5432 failed'],
  ['ReportResultError', 'XX000', LIBPQ],
  ['ReportResultError', 'XX000', 'Der Server beendete die Verbindung unerwartet\n\tDas heißt wahrscheinlich'],
  ['ReportResultError', 'XX000', 'connection not open'],
  ['ReportResultError', '57P01', 'terminating connection due to administrator command'],
  ['CheckRemoteTransactionsHealth', 'XX000', 'failure on connection marked as essential: w:5432'],
])('%s, %s: the transaction can run again on the same session, and was not committed', (routine, code, message) => {
  const error = raised(routine, code, message);
  expect(isLossOfWorker(error)).toBe(true);
  expect(classify(error)).toEqual({ code: 'CONNECTION_LOST', retryScope: 'transaction' });
  expect(isRefusalOfCommit(error)).toBe(true);
});

it.each([
  ['an internal error of a worker', raised('ReportResultError', 'XX000', 'cache lookup failed for type 1')],
  ['a worker that refuses a row', raised('ReportResultError', '23505', 'duplicate key')],
  ["the server's own end", raised('ProcessInterrupts', '57P01', 'terminating connection', 'FATAL')],
  ['a plain server', raised(undefined, '08006', 'connection lost')],
])('takes %s for no lost worker', (_what, error) => {
  expect(isLossOfWorker(error)).toBe(false);
});

it('knows the error for rows that a worker was asked to commit, and did not say that it has', () => {
  const words = 'could not commit transaction for shard 102 on at least one active node';
  expect(isLeftToWorker(raised('ErrorIfPostCommitFailedShardPlacements', 'XX000', words))).toBe(true);
  expect(isLeftToWorker(raised(undefined, 'XX000', words))).toBe(false);
});

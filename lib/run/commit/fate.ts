import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import type { Settings } from '../../options/options';
import { sqlStateOf } from '../failures/sql-states';
import { POOLED, type WayToAsk } from './ask';
import { valueOf, type Answer } from '../wire/send';
import {
  fateQuery,
  isGivenAgain,
  isSameHistory,
  isSameRun,
  isWithoutCrash,
  serverIn,
  serverQuery,
  type TransactionIdentity,
} from '../wire/transaction-identity';
import { errorWithoutValues } from '../failures/without-values';

export type Fate = 'committed' | 'aborted';

/** A transaction whose COMMIT got no answer. */
export interface LostCommit {
  readonly org: string;
  readonly identity: TransactionIdentity | undefined;
  /** The error instead of the answer. */
  readonly cause: unknown;
}

/** The pause between two questions; a restart of a server takes about a second. */
const PAUSE_MS = 50;

/**
 * Asks the server, on another connection, whether a transaction committed (manual 9.27.4, pg_xact_status).
 * While it is in progress, or there is no answer, the question is repeated, for at most `statementTimeoutMs`: by then
 * the server has ended it, or a person has to look. Whatever swallowed the COMMIT may have broken every connection of
 * the pool as well: the next question takes another way.
 *
 * @throws MigrationError OUTCOME_UNKNOWN if the server cannot say
 */
export async function fateOf(db: Knex, doubtful: LostCommit, settings: Settings): Promise<Fate> {
  const { identity } = doubtful;
  if (identity === undefined) throw outcomeUnknownError(doubtful);
  const { statementTimeoutMs, retry, logger } = settings;
  const startedAt = performance.now();
  const leftMs = (): number => statementTimeoutMs - (performance.now() - startedAt);
  let way = POOLED;
  do {
    const fate = await askOnce(identity, way, (question) => {
      const limitMs = Math.max(PAUSE_MS, Math.round(leftMs() * way.part));
      return way.ask(db, question, limitMs, logger);
    });
    if (fate === 'committed' || fate === 'aborted') return fate;
    if (fate === 'unknown') break;
    if (fate === 'unreachable') way = way.other();
    await sleep(PAUSE_MS);
  } while (retry.signal?.aborted !== true && leftMs() > 0);
  throw outcomeUnknownError(doubtful);
}

type FateAnswer = Fate | 'in progress' | 'unreachable' | 'unknown';

type Ask = (question: string) => Promise<readonly Answer[]>;

async function askOnce(identity: TransactionIdentity, { isFinal }: WayToAsk, asking: Ask): Promise<FateAnswer> {
  try {
    return await askForFate(identity, asking);
  } catch (error) {
    return isFinal(error) ? 'unknown' : 'unreachable';
  }
}

async function askForFate(identity: TransactionIdentity, asking: Ask): Promise<FateAnswer> {
  try {
    return judge(await asking(fateQuery(identity)), identity);
  } catch (error) {
    if (sqlStateOf(error) !== IN_THE_FUTURE) throw error;
    // The id was lost in a crash, together with its transaction.
    return isSameHistory(identity, serverIn(await asking(serverQuery()))) ? 'aborted' : 'unknown';
  }
}

/** Null if the transaction is too old for the server to remember. */
type Status = Fate | 'in progress' | null;

/**
 * Decides whether to believe `pg_xact_status`. A crash loses the ids whose WAL was not written, with their transactions,
 * and they are assigned again: "committed" may then be about another transaction, and no trace shows how many crashes
 * there were, or what ran between them. So it is believed only from a server that has not crashed. "Aborted" is always
 * true: what had committed would still be committed.
 */
function judge(answers: readonly Answer[], asked: TransactionIdentity): FateAnswer {
  const status = valueOf(answers, 'tenant_ddl_fate') as Status;
  const answering = serverIn(answers);
  if (status === null) return 'unknown';
  if (isSameRun(asked, answering)) return status;
  if (!isSameHistory(asked, answering)) return 'unknown';
  if (isGivenAgain(asked, answering, answers)) return 'aborted';
  return status === 'committed' && !isWithoutCrash(asked, answering) ? 'unknown' : status;
}

/** invalid_parameter_value: the server has not assigned this id. */
const IN_THE_FUTURE = '22023';

function outcomeUnknownError({ org, identity, cause: given }: LostCommit): MigrationError {
  const transactionId = identity?.transactionId;
  const cause = errorWithoutValues(given);
  const name = transactionId === undefined ? 'the transaction' : `transaction ${transactionId}`;
  const reason = cause instanceof Error ? ` (${cause.message.split('\n', 1).join()})` : '';
  return new MigrationError(
    `COMMIT got no answer${reason}, and the server cannot say what became of ${name} of "${org}". Check whether the change was applied before you run it again.`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

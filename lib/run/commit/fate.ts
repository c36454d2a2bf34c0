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
import { withoutValues } from '../failures/without-values';

export type Fate = 'committed' | 'aborted';

/** A transaction whose COMMIT went without an answer. */
export interface Doubtful {
  readonly org: string;
  readonly identity: TransactionIdentity | undefined;
  /** What was lost. */
  readonly cause: unknown;
}

/** Between two questions; a server that starts again takes about a second. */
const PAUSE_MS = 50;

/**
 * Asks the server, on another connection, whether a transaction committed (manual 9.27.4, pg_xact_status).
 * While it is in progress, or nobody answers, the question is asked again, for at most
 * `statementTimeoutMs`: by then the server has ended it, or someone has to look. What swallowed the COMMIT may
 * have taken every connection of the pool as well: the next question goes another way.
 *
 * @throws MigrationError OUTCOME_UNKNOWN where the server can't say
 */
export async function fateOf(db: Knex, doubtful: Doubtful, settings: Settings): Promise<Fate> {
  const { identity } = doubtful;
  if (identity === undefined) throw outcomeUnknown(doubtful);
  const { statementTimeoutMs, retry, logger } = settings;
  const startedAt = performance.now();
  const leftMs = (): number => statementTimeoutMs - (performance.now() - startedAt);
  let way = POOLED;
  do {
    const fate = await askedOnce(identity, way, (question) => {
      const limitMs = Math.max(PAUSE_MS, Math.round(leftMs() * way.part));
      return way.ask(db, question, limitMs, logger);
    });
    if (fate === 'committed' || fate === 'aborted') return fate;
    if (fate === 'unknown') break;
    if (fate === 'unreachable') way = way.other();
    await sleep(PAUSE_MS);
  } while (retry.signal?.aborted !== true && leftMs() > 0);
  throw outcomeUnknown(doubtful);
}

type Answered = Fate | 'in progress' | 'unreachable' | 'unknown';

type Ask = (question: string) => Promise<readonly Answer[]>;

async function askedOnce(identity: TransactionIdentity, { isFinal }: WayToAsk, asking: Ask): Promise<Answered> {
  try {
    return await answered(identity, asking);
  } catch (error) {
    return isFinal(error) ? 'unknown' : 'unreachable';
  }
}

async function answered(identity: TransactionIdentity, asking: Ask): Promise<Answered> {
  try {
    return judged(await asking(fateQuery(identity)), identity);
  } catch (error) {
    if (sqlStateOf(error) !== IN_THE_FUTURE) throw error;
    // The id was lost in a crash, with its transaction.
    return isSameHistory(identity, serverIn(await asking(serverQuery()))) ? 'aborted' : 'unknown';
  }
}

/** Null where the transaction is too old for the server to remember. */
type Status = Fate | 'in progress' | null;

/**
 * What can be believed of `pg_xact_status`. A crash loses the ids whose WAL was not written, with their
 * transactions, and gives them out again: "committed" may then be said of another transaction, and no trace
 * shows how many crashes there were, or what ran between them. So it is believed of a server that has
 * not crashed. "Aborted" is true either way: what had committed would be committed still.
 */
function judged(answers: readonly Answer[], asked: TransactionIdentity): Answered {
  const status = valueOf(answers, 'tenant_ddl_fate') as Status;
  const answering = serverIn(answers);
  if (status === null) return 'unknown';
  if (isSameRun(asked, answering)) return status;
  if (!isSameHistory(asked, answering)) return 'unknown';
  if (isGivenAgain(asked, answering, answers)) return 'aborted';
  return status === 'committed' && !isWithoutCrash(asked, answering) ? 'unknown' : status;
}

/** invalid_parameter_value: the server has not given out this id. */
const IN_THE_FUTURE = '22023';

function outcomeUnknown({ org, identity, cause: given }: Doubtful): MigrationError {
  const transactionId = identity?.transactionId;
  const cause = withoutValues(given);
  const name = transactionId === undefined ? 'the transaction' : `transaction ${transactionId}`;
  const reason = cause instanceof Error ? ` (${cause.message.split('\n', 1).join()})` : '';
  return new MigrationError(
    `COMMIT got no answer${reason}, and the server cannot say what became of ${name} of "${org}". Look whether the change is there before you run it again.`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

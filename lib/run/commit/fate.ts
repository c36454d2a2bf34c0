import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { MigrationError } from '../../errors';
import type { Settings } from '../../options/options';
import { sqlStateOf } from '../failures/sql-states';
import { ask } from './ask';
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
 * `statementTimeoutMs`: by then the server has ended it, or someone has to look.
 *
 * @throws MigrationError OUTCOME_UNKNOWN where the server can't say
 */
export async function fateOf(db: Knex, doubtful: Doubtful, settings: Settings): Promise<Fate> {
  const { identity } = doubtful;
  if (identity === undefined) throw outcomeUnknown(doubtful);
  const { statementTimeoutMs, retry } = settings;
  const startedAt = performance.now();
  const leftMs = (): number => Math.round(statementTimeoutMs - (performance.now() - startedAt));
  do {
    const fate = await askedOnce(db, identity, Math.max(PAUSE_MS, leftMs()));
    if (fate === 'committed' || fate === 'aborted') return fate;
    if (fate === 'unknown') break;
    await sleep(PAUSE_MS);
  } while (retry.signal?.aborted !== true && leftMs() > 0);
  throw outcomeUnknown(doubtful);
}

type Answered = Fate | 'in progress' | 'unreachable' | 'unknown';

async function askedOnce(db: Knex, identity: TransactionIdentity, limitMs: number): Promise<Answered> {
  try {
    const answers = await ask(db, fateQuery(identity), limitMs);
    return judged(answers, identity);
  } catch (error) {
    return sqlStateOf(error) === IN_THE_FUTURE ? askedWhoRefused(db, identity, limitMs) : unanswered(error);
  }
}

async function askedWhoRefused(db: Knex, identity: TransactionIdentity, limitMs: number): Promise<Answered> {
  try {
    const server = serverIn(await ask(db, serverQuery(), limitMs));
    // The id was lost in a crash, with its transaction.
    return isSameHistory(identity, server) ? 'aborted' : 'unknown';
  } catch (error) {
    return unanswered(error);
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

/** insufficient_privilege, undefined_function: what no time cures. */
const NEVER_ANSWERED: readonly (string | undefined)[] = ['42501', '42883', '28P01', '28000', '3D000'];

/** A server that starts, recovers, has no room or takes its time will answer later. */
function unanswered(error: unknown): Answered {
  return NEVER_ANSWERED.includes(sqlStateOf(error)) ? 'unknown' : 'unreachable';
}

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

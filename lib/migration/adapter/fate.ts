import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Settings } from '../options';
import { sqlStateOf } from '../sql-states';
import { send, valueOf } from './send';
import { fateQuery, sameHistoryQuery, type TransactionIdentity } from './transaction-identity';

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
  do {
    const fate = await askedOnce(db, identity);
    if (fate === 'committed' || fate === 'aborted') return fate;
    if (fate === 'unknown') break;
    await sleep(PAUSE_MS);
  } while (retry.signal?.aborted !== true && performance.now() - startedAt < statementTimeoutMs);
  throw outcomeUnknown(doubtful);
}

type Answered = Fate | 'in progress' | 'unreachable' | 'unknown';

async function askedOnce(db: Knex, identity: TransactionIdentity): Promise<Answered> {
  try {
    return await answered(db, fateQuery(identity));
  } catch (error) {
    return sqlStateOf(error) === IN_THE_FUTURE ? askedOfHistory(db, identity) : unanswered(error);
  }
}

async function askedOfHistory(db: Knex, identity: TransactionIdentity): Promise<Answered> {
  try {
    return await answered(db, sameHistoryQuery(identity));
  } catch (error) {
    return unanswered(error);
  }
}

/** Null where the transaction is too old for the server to remember. */
async function answered(db: Knex, question: string): Promise<Answered> {
  return (valueOf(await send(db, question), 'tenant_ddl_fate') as Answered | null) ?? 'unknown';
}

/** invalid_parameter_value: the server has not given out this id. */
const IN_THE_FUTURE = '22023';

/** insufficient_privilege, undefined_function: what no time cures. */
const NEVER_ANSWERED: readonly (string | undefined)[] = ['42501', '42883'];

/** A server that starts, recovers, has no room or takes its time will answer later. */
function unanswered(error: unknown): Answered {
  return NEVER_ANSWERED.includes(sqlStateOf(error)) ? 'unknown' : 'unreachable';
}

function outcomeUnknown({ org, identity, cause }: Doubtful): MigrationError {
  const transactionId = identity?.transactionId;
  const name = transactionId === undefined ? 'the transaction' : `transaction ${transactionId}`;
  return new MigrationError(
    `The connection was lost during COMMIT, and the server can not say what became of ${name} of "${org}". Look whether the change is there before you run it again.`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

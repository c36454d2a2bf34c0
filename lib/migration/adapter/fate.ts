import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { literal } from '../literal';
import type { Settings } from '../options';
import { send, valueOf } from './send';
import { classify } from '../sql-states';

export type Fate = 'committed' | 'aborted';

/** A transaction, by its id, and the words of what was lost when its fate became a question. */
export interface Doubtful {
  readonly org: string;
  readonly transactionId: string | undefined;
  readonly cause: unknown;
}

/** Between two questions; a server that starts again takes about a second. */
const PAUSE_MS = 100;

/**
 * Asks the server whether a transaction committed, on another connection (manual 9.27.4, pg_xact_status).
 * As long as it is in progress, or no connection can be made, the question is asked again, for at most
 * `statementTimeoutMs`: by then the server has ended it, or someone has to look.
 *
 * @throws MigrationError OUTCOME_UNKNOWN where the server can't say
 */
export async function fateOf(db: Knex, doubtful: Doubtful, { statementTimeoutMs }: Settings): Promise<Fate> {
  const { transactionId } = doubtful;
  if (transactionId === undefined) throw outcomeUnknown(doubtful);
  const question = `select pg_xact_status(${literal(transactionId)}::xid8) as tenant_ddl_fate`;
  const startedAt = performance.now();
  do {
    const fate = await askedOnce(db, question);
    if (fate === 'committed' || fate === 'aborted') return fate;
    if (fate === 'unknown') break;
    await sleep(PAUSE_MS);
  } while (performance.now() - startedAt < statementTimeoutMs);
  throw outcomeUnknown(doubtful);
}

type Answered = Fate | 'in progress' | 'unreachable' | 'unknown';

async function askedOnce(db: Knex, question: string): Promise<Answered> {
  try {
    // Null where the transaction is too old for the server to remember.
    return (valueOf(await send(db, question), 'tenant_ddl_fate') as Answered | null) ?? 'unknown';
  } catch (error) {
    // Refused as "in the future" by a server that took over without it; whatever else, it is no answer.
    return classify(error).retryScope === 'connection' ? 'unreachable' : 'unknown';
  }
}

function outcomeUnknown({ org, transactionId, cause }: Doubtful): MigrationError {
  const id = transactionId ?? 'unknown';
  return new MigrationError(
    `The connection was lost during COMMIT, and the server does not know what became of transaction ${id} of "${org}". Look whether the change is there before you run it again.`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

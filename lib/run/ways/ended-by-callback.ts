import type { Knex } from 'knex';
import { askPool } from '../commit/ask';
import { fateOf } from '../commit/fate';
import { literal } from '../../sql/literal';
import { EQ } from '../../sql/qualified-sql';
import { valueOf } from '../wire/send';
import type { TransactionIdentity } from '../wire/transaction-identity';
import { errorWithoutValues } from '../failures/without-values';
import { MigrationError } from '../../errors';
import type { Identifier } from '../../sql/identifier';
import type { Settings } from '../../options/options';
import { isOfServer } from '../failures/server-error';

/** A transaction that the callback ended itself. */
export interface EndedByCallback {
  readonly org: Identifier;
  readonly identity: TransactionIdentity | undefined;
  /** Whether something was committed: by COMMIT, or outside every transaction. */
  readonly committed: boolean;
  /** Whether PREPARE TRANSACTION ended it. */
  readonly prepared: boolean;
  /** What the callback threw, if it did. */
  readonly cause?: unknown;
}

/**
 * The error for a callback that ended the transaction itself: finds out what became of it, and never claims that nothing
 * was changed if something may have been committed.
 */
export async function endedByCallbackError(
  server: Knex,
  { org, identity, committed, prepared, cause: given }: EndedByCallback,
  settings: Settings,
): Promise<MigrationError> {
  const cause = isOfServer(given) ? errorWithoutValues(given) : given;
  if (!committed) {
    const message = `The callback ended the transaction of "${org}" itself, by ROLLBACK, and nothing was changed. ${ADVICE}`;
    return new MigrationError(message, { code: 'DATABASE_ERROR', org, cause });
  }
  const transactionId = identity?.transactionId;
  const gid = prepared && transactionId !== undefined ? await preparedAs(server, transactionId, settings) : undefined;
  if (gid !== undefined) {
    const message = `The callback ended the transaction of "${org}" itself, by PREPARE TRANSACTION ${literal(gid)}. What it had done by then is neither committed nor rolled back, and its locks stay, until COMMIT PREPARED or ROLLBACK PREPARED. What it did afterwards may have been committed. ${ADVICE}`;
    return new MigrationError(message, { code: 'OUTCOME_UNKNOWN', org, transactionId, cause });
  }
  const fate = await fateOf(server, { org, identity, cause }, settings).catch(() => 'unknown' as const);
  return new MigrationError(
    `The callback ended the transaction of "${org}" itself. ${FATES[fate]} What it did afterwards may have been committed as well. Check what was applied before you run it again. ${ADVICE}`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

/** The name of a prepared transaction that is still there: the question about its fate would wait for it. */
async function preparedAs(server: Knex, transactionId: string, settings: Settings): Promise<string | undefined> {
  const id = `${literal(transactionId)}::pg_catalog.xid8::pg_catalog.xid`;
  const question = `select gid as tenant_ddl_gid from pg_catalog.pg_prepared_xacts where transaction ${EQ} ${id}`;
  try {
    return valueOf(await askPool(server, question, settings), 'tenant_ddl_gid') as string | undefined;
  } catch {
    // The question about its fate remains.
    return undefined;
  }
}

const ADVICE = 'Leave COMMIT and ROLLBACK to withTenant: throw to roll back.';

const FATES = {
  committed: 'What it had done by then is committed.',
  aborted: 'What it had done by then was rolled back.',
  unknown: 'Whether what it had done by then is committed could not be found out.',
} as const;

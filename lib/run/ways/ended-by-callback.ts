import type { Knex } from 'knex';
import { fateOf } from '../commit/fate';
import type { TransactionIdentity } from '../wire/transaction-identity';
import { withoutValues } from '../failures/without-values';
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
  /** What the callback threw, if it did. */
  readonly cause?: unknown;
}

/**
 * The error for a callback that ended the transaction itself: finds out what became of it, and never claims that nothing
 * was changed if something may have been committed.
 */
export async function endedByCallback(
  server: Knex,
  { org, identity, committed, cause: given }: EndedByCallback,
  settings: Settings,
): Promise<MigrationError> {
  const cause = isOfServer(given) ? withoutValues(given) : given;
  if (!committed) {
    const message = `The callback ended the transaction of "${org}" itself, by ROLLBACK, and nothing was changed. ${ADVICE}`;
    return new MigrationError(message, { code: 'DATABASE_ERROR', org, cause });
  }
  const transactionId = identity?.transactionId;
  const fate = await fateOf(server, { org, identity, cause }, settings).catch(() => 'unknown' as const);
  return new MigrationError(
    `The callback ended the transaction of "${org}" itself. ${FATES[fate]} What it did afterwards may have been committed as well. Check what was applied before you run it again. ${ADVICE}`,
    { code: 'OUTCOME_UNKNOWN', org, transactionId, cause },
  );
}

const ADVICE = 'Leave COMMIT and ROLLBACK to withTenant: throw to roll back.';

const FATES = {
  committed: 'What it had done by then is committed.',
  aborted: 'What it had done by then was rolled back.',
  unknown: 'Whether what it had done by then is committed could not be found out.',
} as const;

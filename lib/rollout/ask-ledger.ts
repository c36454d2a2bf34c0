import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { askPool } from '../run/commit/ask';
import { reasonOf } from '../run/failures/advice';
import { runWithRetries } from '../run/retry';
import { joined, setTimeouts } from '../run/wire/batch';
import type { Answer } from '../run/wire/send';

export type LedgerAnswers = readonly Answer[];

/** Between two tries; a server that starts again takes about a second. */
const PAUSE_MS = 200;

/**
 * Asks the ledger, or writes to it. Everything that is sent to it can be sent twice, so a lost connection or a lock
 * timeout is tried again until `statementTimeoutMs` is over: without the ledger a rollout cannot go on.
 *
 * @throws MigrationError
 */
export async function askLedger(
  server: Knex,
  statements: string | readonly string[],
  settings: Settings,
): Promise<LedgerAnswers> {
  const { statementTimeoutMs, retry } = settings;
  // One query of several statements is a transaction (manual 55.2.2.1), which an error ends: no ROLLBACK is needed.
  const sql = joined([
    'set transaction isolation level read committed',
    ...setTimeouts(settings),
    ...(typeof statements === 'string' ? [statements] : statements),
  ]);
  const patient = {
    maxAttempts: Infinity,
    delayMs: PAUSE_MS,
    maxDelayMs: PAUSE_MS,
    deadlineMs: statementTimeoutMs,
    signal: undefined,
    onRetry: retry.onRetry,
  };
  const once = (): Promise<LedgerAnswers> =>
    askPool(server, sql, settings).catch((error: MigrationError) => {
      throw otherShapeError(error) ?? error;
    });
  return runWithRetries(patient, once);
}

/**
 * What our SQL meets in tables that are not ours: undefined_column, wrong_object_type, datatype_mismatch,
 * undefined_function, no constraint for ON CONFLICT, duplicate_table, a column of theirs that is NOT NULL (PostgreSQL manual, Appendix A).
 */
const OF_OTHER_SHAPE = ['42703', '42809', '42804', '42883', '42P10', '42P07', '23502'];

function otherShapeError({ sqlState, cause }: MigrationError): MigrationError | undefined {
  if (sqlState === undefined || !OF_OTHER_SHAPE.includes(sqlState)) return undefined;
  return new MigrationError(
    `Schema "tenant_ddl" has tables that are not the ledger of rollouts as prepareLedger creates it (${reasonOf(cause)}). Nothing was changed. Rename them or move them to another schema, then call prepareLedger.`,
    { code: 'DATABASE_ERROR', sqlState, cause },
  );
}

/** undefined_table, invalid_schema_name (PostgreSQL manual, Appendix A). */
const NOT_THERE = ['42P01', '3F000'];

/** Nothing where the database has no ledger: no rollout has begun there. */
export async function whereLedgerIs<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (NOT_THERE.includes((error as MigrationError).sqlState ?? '')) return undefined;
    throw error;
  }
}

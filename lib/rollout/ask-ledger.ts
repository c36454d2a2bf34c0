import type { Knex } from 'knex';
import type { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { POOLED } from '../run/commit/ask';
import { explained, failureAt } from '../run/failures/message';
import { retrying, retryScopeOf } from '../run/retry';
import { joined } from '../run/wire/batch';
import { statementLimitMs } from '../run/wire/limit';
import type { Answer } from '../run/wire/send';
import { literal } from '../sql/literal';

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
  const { lockTimeoutMs, statementTimeoutMs, retry } = settings;
  // One query of several statements is a transaction (manual 55.2.2.1), which an error ends: no ROLLBACK is needed.
  const sql = joined([
    'set transaction isolation level read committed',
    `set local lock_timeout = ${literal(`${lockTimeoutMs}ms`)}`,
    `set local statement_timeout = ${literal(`${statementTimeoutMs}ms`)}`,
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
  const once = async (): Promise<LedgerAnswers> => {
    try {
      return await POOLED.ask(server, sql, statementLimitMs(settings), settings.logger);
    } catch (error) {
      throw explained(error, failureAt(error, ''));
    }
  };
  return retrying(patient, once, { canRetry: (error) => retryScopeOf(error) !== 'none' });
}

/** The rows of the last statement. */
export function rowsIn<T>(answers: LedgerAnswers): readonly T[] {
  return (answers.at(-1)?.rows ?? []) as readonly unknown[] as readonly T[];
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

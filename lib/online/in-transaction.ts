import type { Subject } from '../plan/subject';
import { lockedRelation, type Lock } from '../plan/plan';
import { logFailure } from '../run/log';
import { runWithRetries } from '../run/retry';
import { runInOwnTransaction } from '../run/ways/own-transaction';
import type { MigrationError } from '../errors';
import { qualified, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import { failing } from '../sql/server-check';
import type { Statement } from '../sql/statement';
import { awaitFreeMoment } from './free-moment';
import type { OnlineSession } from './online-session';
import { oidOf } from './record';

/**
 * Longer than the server's `deadlock_timeout` of one second, after which an autovacuum gives way to the lock (manual
 * 25.1.6). Waiting for it blocks no reader and no writer.
 */
const FIRST_LOCK_TIMEOUT_MS = 3000;

/** What runs in one transaction, behind the table's first lock, which keeps nobody out. */
export interface BriefTransaction {
  readonly subject: Subject;
  readonly statements: readonly Statement[];
  readonly locks: readonly Lock[];
  /** Of the table, where it has to be the one that was looked at. */
  readonly oid?: string | undefined;
}

/** Runs it, at most as often as `retry` says: each attempt keeps others waiting for at most `lockTimeoutMs`. */
export async function runBriefly(
  { db, org, table, settings }: OnlineSession,
  brief: BriefTransaction,
): Promise<number> {
  const { subject, locks, oid } = brief;
  const statements = [
    ...firstLock(org, table),
    ...(oid === undefined ? [] : [refuseOther(org, table, oid)]),
    ...awaitFreeMoment(locks, settings),
    ...brief.statements,
  ];
  const lockedTables = [...new Set(locks.map(lockedRelation))];
  const work = { org, statements, subjects: [subject], lockedTables, hazards: [], readsCatalog: true };
  let attempts = 0;
  const startedAt = performance.now();
  await runWithRetries(
    settings.retry,
    async (attempt) => {
      attempts = attempt;
      await runInOwnTransaction(work, db, settings);
    },
    {
      org,
      onFailure: (error, attempt, retryInMs) => {
        const durationMs = Math.round(performance.now() - startedAt);
        logFailure(settings.logger, org, subject, { error: error as MigrationError, attempt, durationMs, retryInMs });
      },
    },
  );
  return attempts;
}

/**
 * The strong lock waits behind nobody then but readers and writers: an autovacuum has given way, and no other change
 * of the table runs (manual 13.3.1, SHARE UPDATE EXCLUSIVE conflicts with itself).
 */
export function firstLock(org: Identifier, table: Identifier): readonly string[] {
  return [
    `select pg_catalog.set_config('tenant_ddl.lock_timeout', pg_catalog.current_setting('lock_timeout'), true)`,
    `set local lock_timeout = ${literal(`${FIRST_LOCK_TIMEOUT_MS}ms`)}`,
    `lock table ${qualified(org, table)} in share update exclusive mode`,
    `select pg_catalog.set_config('lock_timeout', pg_catalog.current_setting('tenant_ddl.lock_timeout'), true)`,
  ];
}

export function refuseOther(org: Identifier, table: Identifier, oid: string): string {
  const name = qualified(org, table);
  const isSame = `pg_catalog.to_regclass(${literal(name)})::pg_catalog.oid ${EQ} ${oidOf(oid)}`;
  const reason = literal(
    `${name} was dropped or renamed while it was changed online, and another table has its name now`,
  );
  return `select case when (${isSame}) is not true then ${failing('online', reason)} end`;
}

import type { Knex } from 'knex';
import { runInOwnTransaction } from '../run/ways/own-transaction';
import { valueOf, type Answer } from '../run/wire/send';
import { MigrationError } from '../errors';
import { ofSchema } from '../plan/subject';
import type { Identifier } from '../sql/identifier';
import { logFailure, logSql } from '../run/log';
import type { Settings } from '../options/options';
import { runWithRetries } from '../run/retry';
import { dropBlock, REPORT, type Batch, type DropResult } from './drop-batch';
import { START, type Place } from './drop-members';
import { hasSeenShards } from './seen-shards';

/** The log record of dropTenant. */
export const SUBJECT = ofSchema('DROP SCHEMA');

/** At first a quarter of the server's lock table: other sessions need it too. */
const SHARE = 4;

/** A batch of one object, on any server. */
const LEAST_SHARE = 2 ** 20;

export interface DroppedAll {
  readonly statements: readonly string[];
  readonly attempts: number;
}

/**
 * Drops a schema in passes over its objects, one transaction per batch. An object that others still depend on is
 * skipped: the next pass can drop it. If a pass drops nothing, the remaining objects need each other.
 */
export async function dropContents(org: Identifier, server: Knex, settings: Settings): Promise<DroppedAll> {
  const statements: string[] = [];
  const startedAt = performance.now();
  let failures = 0;
  let share = SHARE;
  let pass = passFrom(false);
  for (let first = true; ; first = false) {
    const batch = { org, after: pass.after, share, first, cascade: pass.cascade };
    const { dropped, attempts } = await inAttempts(batch, server, settings, startedAt);
    failures += attempts - 1;
    statements.push(...dropped.statements);
    if (dropped.ended) return { statements, attempts: failures + 1 };
    if (dropped.full) share = Math.min(LEAST_SHARE, share * 2);
    const progress = pass.progress || dropped.statements.length > 0;
    if (dropped.last !== null && !pass.cascade) pass = { ...pass, after: dropped.last, progress };
    else if (progress) pass = passFrom(false);
    else if (dropped.last !== null) pass = { ...pass, after: dropped.last };
    else if (!pass.cascade) pass = passFrom(true);
    else throw stuckError(org, dropped.full);
  }
}

interface Pass {
  readonly after: Place;
  readonly cascade: boolean;
  readonly progress: boolean;
}

function passFrom(cascade: boolean): Pass {
  return { after: START, cascade, progress: false };
}

/** Runs one batch, with retries: its check is in the same transaction. */
async function inAttempts(
  batch: Batch,
  server: Knex,
  settings: Settings,
  startedAt: number,
): Promise<{ readonly dropped: DropResult; readonly attempts: number }> {
  const { org } = batch;
  const { logger, retry } = settings;
  const passedMs = (): number => Math.round(performance.now() - startedAt);
  const deadlineMs = retry.deadlineMs === undefined ? undefined : Math.max(0, retry.deadlineMs - passedMs());
  const work = {
    org,
    statements: [dropBlock(batch, settings), REPORT],
    subjects: [SUBJECT],
    // The block itself divides the time among its locks.
    hazards: [],
  };
  return runWithRetries(
    { ...retry, deadlineMs },
    async (attempts) => {
      const run = (): Promise<readonly Answer[]> => runInOwnTransaction(work, server, settings);
      const answers = await run().catch(async (error: unknown) => {
        if (await hasSeenShards(error, work, server, settings)) return run();
        throw error;
      });
      const dropped = JSON.parse(String(valueOf(answers, 'tenant_ddl_dropped'))) as DropResult;
      logSql(logger, org, dropped.statements);
      return { dropped, attempts };
    },
    {
      org,
      onFailure: (error, attempt, retryInMs) =>
        logFailure(logger, org, SUBJECT, {
          error: error as MigrationError,
          attempt,
          durationMs: passedMs(),
          retryInMs,
        }),
    },
  );
}

/** The remaining objects cannot be dropped, and trying again will not help. */
function stuckError(org: string, full: boolean): MigrationError {
  const message = full
    ? `The rest of schema "${org}" needs more locks than the server has. Raise max_locks_per_transaction, then call dropTenant again: it continues where it stopped.`
    : `The rest of schema "${org}" cannot be dropped by this role. Drop what is left in it yourself, then call dropTenant again.`;
  return new MigrationError(message, { code: full ? 'TOO_MANY_LOCKS' : 'DATABASE_ERROR', org });
}

import type { Knex } from 'knex';
import { inCallersTransaction } from './adapter/callers-transaction';
import { withHazards, refuseWithoutRows, warnOfHazards } from './adapter/hazard-policy';
import { inMemory } from './adapter/memory';
import { inOwnTransaction } from './adapter/own-transaction';
import { isMemory, type Answer } from './adapter/send';
import { contextOf, type TenantContext } from './adapter/tenant-context';
import type { Work } from './adapter/work';
import type { MigrationError, RetryScope } from './errors';
import { logChange, logFailure, logSql } from './log';
import type { Settings } from './options';
import { retrying, retryScopeOf } from './retry';

/** What it took. */
export interface Ran {
  readonly attempts: number;
  readonly durationMs: number;
}

/** One way to run: what it does once, and what it may repeat. */
interface Way {
  readonly run: (work: Work, tenant: Knex, settings: Settings) => Promise<readonly Answer[]>;
  readonly repeats: readonly RetryScope[];
}

/**
 * Runs statements on a tenant, in one round trip: in the transaction that the tenant is, behind a
 * savepoint; on a bare Knex, in a transaction of their own. Retries what that way can, and logs.
 */
export async function execute(work: Work, tenant: Knex, settings: Settings): Promise<Ran> {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  const context = contextOf(tenant);
  const way = wayOf(tenant, context);
  refuseWithoutRows(work, settings);
  logSql(settings.logger, work.org, work.statements);
  // pg-mem has no table that is large or in use.
  const whole = isMemory(tenant) ? work : { ...work, statements: withHazards(work, settings) };

  const { attempts, answers } = await retrying(
    settings.retry,
    async (attempt) => {
      return { answers: await way.run(whole, tenant, settings), attempts: context?.attempt ?? attempt };
    },
    {
      canRetry: (error) => way.repeats.includes(retryScopeOf(error)),
      onFailure: (error, failedAttempt, retryInMs) => {
        const attempt = context?.attempt ?? failedAttempt;
        const failure = { error: error as MigrationError, attempt, durationMs: durationMs() };
        const log = (waitMs: number | undefined): void =>
          logFailures(work, settings, { ...failure, retryInMs: waitMs });
        if (context === undefined) log(retryInMs);
        else context.journal.failed(log);
      },
    },
  );

  const ran = { durationMs: durationMs(), attempts };
  const log = (): void => {
    work.subjects.forEach((subject) => logChange(settings.logger, work.org, subject, ran));
    warnOfHazards(work, settings, answers);
  };
  // What a transaction undoes did not happen, and is not to be read in a log.
  if (context === undefined) log();
  else context.journal.ran(log);
  return ran;
}

function logFailures({ org, subjects }: Work, { logger }: Settings, failure: Parameters<typeof logFailure>[3]): void {
  for (const subject of subjects) logFailure(logger, org, subject, failure);
}

function wayOf(tenant: Knex, context: TenantContext | undefined): Way {
  if (isMemory(tenant)) return { run: inMemory, repeats: [] };
  if (tenant.isTransaction !== true) {
    return { run: inOwnTransaction, repeats: ['savepoint', 'transaction', 'connection'] };
  }
  // withTenant runs its whole callback again, and lets go of every lock before it waits.
  return { run: inCallersTransaction, repeats: context === undefined ? ['savepoint'] : [] };
}

import type { Knex } from 'knex';
import { CHANGES, runTraced, type ChangeTrace } from './channels';
import { callersJournal } from './ways/callers-journal';
import { runInCallersTransaction } from './ways/callers-transaction';
import { refusesShared, refuseWithoutRows, warnOfHazards, withHazards } from './hazards/hazard-policy';
import { runInMemory } from './ways/pg-mem';
import { insideTransaction, refuseNestedCall } from './open-tenants';
import { runInOneRoundTrip } from './ways/one-round-trip';
import { runInOwnTransaction } from './ways/own-transaction';
import { LEDGER_SAID } from './wire/ledger-row';
import { leadsToCitus } from './wire/citus';
import { isMemory, valueOf, type Answer, type Connection } from './wire/send';
import { contextOf, type JournalEntry, type TenantContext } from './tenant-context';
import { warnOfUnforeseen, withPolicies } from './hazards/unforeseen-policy';
import type { Work } from './work';
import { citusForm } from '../sql/citus-form';
import { MigrationError, type RetryScope } from '../errors';
import { failedSubject, logChange, logFailure, logSql } from './log';
import type { Settings } from '../options/options';
import { runWithRetries, retryScopeOf } from './retry';

/** What it took. */
export interface RunResult {
  readonly attempts: number;
  readonly durationMs: number;
  /** On Citus: the SQL that ran, as it was sent there. */
  readonly statements?: readonly string[];
  /** What the ledger had of this tenant, where it refused the change: `done`, `paused`, …. Nothing was changed then. */
  readonly ledgerSaid?: string;
}

/** One way to run: what it does once, and what it may repeat. */
interface Way {
  readonly run: (work: Work, tenant: Knex, settings: Settings) => Promise<readonly Answer[]>;
  readonly repeats: readonly RetryScope[];
}

/**
 * Runs the work of a plan on a tenant, in one round trip: in the tenant's transaction behind a savepoint, or in a
 * transaction of its own on a plain Knex. Retries whatever can be retried that way, and logs.
 */
export async function execute(work: Work, tenant: Knex, settings: Settings): Promise<RunResult> {
  const isCallers = tenant.isTransaction === true && contextOf(tenant) === undefined && !isMemory(tenant);
  const changed = isCallers ? insideTransaction(work.org, tenant) : undefined;
  let isOnCitus = false;
  const ranOn = (connection: Connection): void => void (isOnCitus = leadsToCitus(connection));
  const ran = await runTraced(
    CHANGES,
    () => traceOf(work, tenant),
    (trace) => runAndLog(work, tenant, settings, { trace, ranOn }),
  );
  changed?.();
  // Not before: what is traced has no value in it.
  return isOnCitus && work.shown !== undefined ? { ...ran, statements: work.shown.map(citusForm) } : ran;
}

function traceOf({ org, subjects }: Work, tenant: Knex): ChangeTrace {
  const tables = new Set(subjects.flatMap(({ table }) => (table === undefined ? [] : [table])));
  const inTransaction = tenant.isTransaction === true;
  return { org, operations: subjects.map(({ message }) => message), tables: [...tables], inTransaction };
}

async function runAndLog(
  work: Work,
  tenant: Knex,
  settings: Settings,
  { trace, ranOn }: { readonly trace: ChangeTrace | undefined } & Pick<Work, 'ranOn'>,
): Promise<RunResult> {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  const context = contextOf(tenant);
  const way = wayOf(work, tenant, context);
  refuseUnusable(work.org, tenant);
  logSql(settings.logger, work.org, work.statements);
  // pg-mem has no table that is large or in use.
  const statements = isMemory(tenant) ? work.statements : withPolicies(withHazards(work, settings), work, settings);
  const entry = await entryFor(tenant, context);
  // Not spread, which Node.js 20 takes ten times as long for.
  const whole: Work = Object.assign({}, work, {
    statements,
    mark: entry.mark,
    readsCatalog: readsCatalog(work, settings),
    ranOn,
  });

  const { attempts, answers } = await runWithRetries(
    settings.retry,
    async (attempt) => {
      refuseWithoutRows(work, settings);
      const { ledger } = whole;
      const now = ledger === undefined ? whole : Object.assign({}, whole, { ledger: { ...ledger, attempt } });
      return { answers: await way.run(now, tenant, settings), attempts: context?.attempt ?? attempt };
    },
    {
      org: work.org,
      canRetry: (error) => way.repeats.includes(retryScopeOf(error)),
      onFailure: (error, failedAttempt, retryInMs) => {
        const attempt = context?.attempt ?? failedAttempt;
        if (trace !== undefined) trace.attempts = attempt;
        const failure = { error: error as MigrationError, attempt, durationMs: durationMs() };
        const subject = failedSubject(work.subjects, failure.error);
        entry.failed(error, (waitMs = retryInMs) => {
          if (subject !== undefined) logFailure(settings.logger, work.org, subject, { ...failure, retryInMs: waitMs });
        });
      },
    },
  );

  const ran = { durationMs: durationMs(), attempts };
  if (trace !== undefined) trace.attempts = attempts;
  const ledgerSaid = valueOf(answers, LEDGER_SAID) as string | undefined;
  if (work.ledger?.trial === true) return ran;
  // Whoever did it has logged it: an attempt of this call, whose answer was lost, has not.
  if (ledgerSaid !== undefined && !(ledgerSaid === 'done' && attempts > 1)) return { ...ran, ledgerSaid };
  // A change that is rolled back did not happen, and must not be logged.
  entry.ran((committed) => {
    const took = committed === true ? ran : { ...ran, uncommitted: true as const };
    work.subjects.forEach((subject) => logChange(settings.logger, work.org, subject, took));
    warnOfHazards(work, settings, answers);
    warnOfUnforeseen(work, settings, answers);
  });
  return ran;
}

/** Logs at once: for a transaction of its own, which has ended, or without any transaction. */
const AT_ONCE: JournalEntry = { ran: (tell) => tell(true), failed: (_error, tell) => tell(undefined) };

async function entryFor(tenant: Knex, context: TenantContext | undefined): Promise<JournalEntry> {
  if (context !== undefined) return context.journal.begin();
  if (isMemory(tenant) || tenant.isTransaction !== true) return AT_ONCE;
  return (await callersJournal(tenant)).begin();
}

/** Refuses a call that would wait for itself, or for nothing. */
function refuseUnusable(org: string, tenant: Knex): void {
  if (tenant.isTransaction === true) refuseEnded(org, tenant);
  if (tenant.isTransaction !== true || !isMemory(tenant)) refuseNestedCall(org, tenant);
}

/** A transaction that has ended. */
export function refuseEnded(org: string, tenant: Knex): void {
  if (tenant.isTransaction === true && (tenant as Knex.Transaction).isCompleted()) {
    throw new MigrationError(
      'The transaction of this tenant has ended, and nothing was changed. Await each change before the callback of withTenant, or your own transaction, ends.',
      { code: 'INVALID_SPEC', org },
    );
  }
}

/** Only the catalog knows which shared table is locked when a key is dropped. */
function readsCatalog(work: Work, settings: Settings): boolean {
  const drops = work.runs?.some(({ dropsKeysOf }) => dropsKeysOf !== undefined) === true;
  return work.readsCatalog === true || (drops && refusesShared(settings));
}

function wayOf(work: Work, tenant: Knex, context: TenantContext | undefined): Way {
  if (isMemory(tenant)) return { run: runInMemory, repeats: [] };
  if (tenant.isTransaction !== true) {
    const run = work.ledger === undefined ? runInOwnTransaction : runInOneRoundTrip;
    return { run, repeats: ['savepoint', 'transaction', 'connection'] };
  }
  // withTenant runs its whole callback again, and releases every lock before it waits.
  return { run: runInCallersTransaction, repeats: context === undefined ? ['savepoint'] : [] };
}

import type { Knex } from 'knex';
import type { ChangeResult } from '../migration/apply-changes';
import type { OnlineOptions, OnlineSettings } from '../options/options';
import { onlineSettingsOf, tenantsOwn } from '../options/settings';
import { onlineWay, type OnlineWay } from '../plan/online/online-plan';
import type { Change, CheckedChange } from '../plan/operations';
import { ONLINE, runTraced } from '../run/channels';
import { execute } from '../run/execute';
import { workOf } from '../run/work';
import { identifier, type Identifier } from '../sql/identifier';
import type { TenantDb } from '../tenant/tenant-db';
import { awaitFreeMoment } from './free-moment';
import { firstLock } from './in-transaction';
import { onlineServer } from './online-server';
import { asChange, checkedForOnline } from './plan-online';
import type { StageRan } from './run-stages';
import { runInStages } from './run-in-stages';

/** The result of an online change. */
export interface OnlineResult extends ChangeResult {
  /** The stages that this call ran; those of an earlier call are not among them. */
  readonly stages: readonly StageRan[];
  /** Whether an earlier call had begun it. */
  readonly resumed: boolean;
}

/**
 * Makes the change that `applyChange` makes, on a table that others keep reading and writing. It runs in stages; each
 * either blocks nobody, or waits for its lock for at most `lockTimeoutMs` and tries again. What cannot take long runs
 * as it is, in one transaction.
 *
 * Before the first stage it counts what would make the change fail. After a crash, or a failure that can be cured,
 * the same call goes on with the stage that is due; `abandonOnline` takes the change back.
 *
 * @param db a Knex, or a function from an org to its Knex, whose pool has at least two connections. Not a transaction,
 *   since the stages commit one by one; not through a pooler, since the change holds a lock of its session
 * @param options those of every change with `lockTimeoutMs` 200 and `retry.maxAttempts` 30, and `stageTimeoutMs`
 *   12 hours, `batchMs` 50, `maxLagMs`, `waitMs` 10 minutes, `onProgress`, `signal`
 * @throws MigrationError CHANGE_UNDER_WAY for another online change of the table; INVALID_SPEC for a change that cannot
 *   be made online; UNSUPPORTED_DATABASE on pg-mem, behind a pooler and for partitioned tables; OUTCOME_UNKNOWN
 *   if the server cannot say whether its last transaction was committed; those of the change
 * @example
 * await applyOnline('acme-corp', { kind: 'addIndex', table: 'invoice', columns: ['status'] }, knex);
 * // create index concurrently "…" on "acme-corp"."invoice" ("status")
 * @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 */
export async function applyOnline(
  org: string,
  change: Change,
  db: TenantDb,
  options?: OnlineOptions,
): Promise<OnlineResult> {
  const startedAt = performance.now();
  const checkedOrg = identifier(org, 'org');
  const settings = onlineSettingsOf(options);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  const checked = checkedForOnline(checkedOrg, change, settings.sharedSchemas);
  const way = onlineWay(checkedOrg, checked);
  return runTraced(
    ONLINE,
    () => ({ org, table: checked.table, operation: way.subject.message }),
    async () => {
      const server = await onlineServer(checkedOrg, db, 'applyOnline');
      const ran = await runWay(checkedOrg, checked, way, server, settings);
      return { org, changes: [asChange(checked)], ...ran, durationMs: Math.round(performance.now() - startedAt) };
    },
  );
}

type OnlineRun = Omit<OnlineResult, 'org' | 'changes' | 'durationMs'>;

async function runWay(
  org: Identifier,
  checked: CheckedChange,
  way: OnlineWay,
  server: Knex,
  settings: OnlineSettings,
): Promise<OnlineRun> {
  if (way.as === 'it is') {
    const { attempts, durationMs } = await runAsItIs(org, checked.table, way, server, settings);
    const statements = way.planned.plan.steps.map(({ sql }) => sql);
    return { statements, attempts, stages: [{ name: 'as it is', durationMs }], resumed: false };
  }
  return runInStages({ org, checked, way, server }, settings);
}

/** Behind the first lock, where it is about a table that is there. */
async function runAsItIs(
  org: Identifier,
  table: Identifier,
  { planned }: Extract<OnlineWay, { readonly as: 'it is' }>,
  server: Knex,
  settings: OnlineSettings,
): Promise<{ readonly attempts: number; readonly durationMs: number }> {
  const work = workOf(org, planned);
  const isOfTable = planned.plan.steps.some(({ locks }) =>
    locks.some((lock) => lock.schema === org && lock.table === table),
  );
  if (!isOfTable) return execute(work, server, settings);
  const locks = planned.plan.steps.flatMap((step) => step.locks);
  const first = [...firstLock(org, table), ...awaitFreeMoment(locks, settings)];
  const runs = [{ guards: first, steps: [], hazards: [] }, ...(work.runs ?? [])];
  return execute({ ...work, runs, statements: [...first, ...work.statements] }, server, settings);
}

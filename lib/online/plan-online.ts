import type { PlanOptions } from '../migration/plan-changes';
import { sharedSchemasOf, tenantsOwn } from '../options/settings';
import { checkedChanges } from '../plan/checked-changes';
import { onlineWay, type OnlineWay } from '../plan/online/online-plan';
import type { Stage } from '../plan/online/stage';
import type { Change, CheckedChange } from '../plan/operations';
import type { Step } from '../plan/plan';
import { identifier, type Identifier } from '../sql/identifier';

/** One stage of an online change. */
export interface OnlineStage {
  readonly name: string;
  /** Whether its statements run in one transaction; others commit by themselves. */
  readonly transactional: boolean;
  /** The statements, with their locks. */
  readonly steps: readonly Step[];
  /** The option that limits it: `lockTimeoutMs` for each brief lock, `stageTimeoutMs` for a statement that blocks nobody, `batchMs` for each batch of an update. */
  readonly limit: 'lockTimeoutMs' | 'stageTimeoutMs' | 'batchMs';
  /** Whether `abandonOnline` can still take the change back once this stage has begun. */
  readonly canAbandon: boolean;
}

/** How a change is made online. Plain data. */
export interface OnlinePlan {
  readonly org: string;
  readonly table: string;
  readonly change: Change;
  readonly stages: readonly OnlineStage[];
}

/**
 * The stages in which `applyOnline` makes a change, with their SQL and locks. Needs no database.
 *
 * @throws MigrationError INVALID_SPEC, also for a change that cannot be made online, with the reason
 * @example
 * planOnline('acme-corp', { kind: 'addIndex', table: 'invoice', columns: ['status'] }).stages[0].steps[0].sql
 * // create index concurrently "invoice_status_idx_3ad9c4e7b1f0" on "acme-corp"."invoice" ("status")
 */
export function planOnline(org: string, change: Change, options?: PlanOptions): OnlinePlan {
  const checkedOrg = identifier(org, 'org');
  const sharedSchemas = sharedSchemasOf(options);
  tenantsOwn(checkedOrg, sharedSchemas);
  const checked = checkedForOnline(checkedOrg, change, sharedSchemas);
  const way = onlineWay(checkedOrg, checked);
  return { org, table: checked.table, change: asChange(checked), stages: stagesShown(way) };
}

/** Through the same gate as every change. */
export function checkedForOnline(org: Identifier, change: unknown, sharedSchemas: readonly string[]): CheckedChange {
  return checkedChanges(org, [change], sharedSchemas)[0] as CheckedChange;
}

/** What is checked can be written again. */
export function asChange(change: CheckedChange): Change {
  return change as unknown as Change;
}

function stagesShown(way: OnlineWay): readonly OnlineStage[] {
  if (way.as === 'it is') {
    const { steps } = way.planned.plan;
    return [{ name: 'as it is', transactional: true, steps, limit: 'lockTimeoutMs', canAbandon: false }];
  }
  const last = way.stages.length - 1;
  return way.stages.map((stage, at) => ({
    name: stage.name,
    transactional: stage.kind === 'transaction' || stage.kind === 'keys',
    steps: stage.steps,
    limit: LIMITS[stage.kind],
    // The last transaction ends the change together with its record.
    canAbandon: stage.kind !== 'drop' && !(stage.kind === 'transaction' && at === last),
  }));
}

const LIMITS: { readonly [K in Stage['kind']]: OnlineStage['limit'] } = {
  transaction: 'lockTimeoutMs',
  keys: 'lockTimeoutMs',
  build: 'stageTimeoutMs',
  copies: 'stageTimeoutMs',
  drop: 'stageTimeoutMs',
  validate: 'stageTimeoutMs',
  fill: 'batchMs',
};

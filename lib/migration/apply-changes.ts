import type { Knex } from 'knex';
import type { ChangeOptions } from '../options/options';
import { settingsOf, tenantsOwn } from '../options/settings';
import { checkedChanges } from '../plan/checked-changes';
import type { Change } from '../plan/operations';
import { asWritten, planned } from '../plan/planner';
import { execute } from '../run/execute';
import { contextOf, orgOn } from '../run/tenant-context';
import { workOf } from '../run/work';

/** What a change did. */
export interface ChangeResult {
  readonly org: string;
  /** As they were checked: a default is JSON, whatever it was given as. */
  readonly changes: readonly Change[];
  /** The SQL that ran, in its order. */
  readonly statements: readonly string[];
  readonly attempts: number;
  /** Of all attempts together, in milliseconds. */
  readonly durationMs: number;
}

/**
 * Makes one change of a tenant's tables. The functions named after the operations are words for this.
 *
 * @param tenant what `withTenant` hands out, any knex transaction, or a Knex, on which the change is a
 *   transaction of its own; not a transaction that has a nested one open, which would undo the change with it
 * @throws MigrationError; see its codes
 */
export async function applyChange(
  org: string,
  change: Change,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChanges(org, [change], tenant, options);
}

/**
 * Makes several changes of a tenant's tables, in their order, in one round trip: all of them, or none.
 * Models that are created one after the other may refer to each other.
 *
 * @throws MigrationError; with several changes, `table` is that of the change that failed, where it is known
 */
export async function applyChanges(
  org: string,
  changes: readonly Change[],
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  const checkedOrg = orgOn(org, tenant);
  const settings = settingsOf(options, contextOf(tenant)?.settings);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  const whole = planned(checkedOrg, checkedChanges(checkedOrg, changes, settings.sharedSchemas));
  const ran = await execute(workOf(checkedOrg, whole), tenant, settings);
  const plan = asWritten(whole.plan);
  return { org, changes: plan.changes, statements: plan.steps.map(({ sql }) => sql), ...ran };
}

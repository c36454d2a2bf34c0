import type { Knex } from 'knex';
import type { ChangeOptions } from '../options/options';
import { settingsOf, tenantsOwn } from '../options/settings';
import { checkedChanges } from '../plan/checked-changes';
import type { Change } from '../plan/operations';
import { asWritten, planned } from '../plan/planner';
import { execute } from '../run/execute';
import { contextOf, orgOn } from '../run/tenant-context';
import { workOf } from '../run/work';

/** The result of a change. */
export interface ChangeResult {
  readonly org: string;
  /** The changes as checked: a default is JSON, whatever it was passed as. */
  readonly changes: readonly Change[];
  /** The SQL that ran, in order: on Citus, in the form that is sent there. */
  readonly statements: readonly string[];
  readonly attempts: number;
  /** The time of all attempts together, in milliseconds. */
  readonly durationMs: number;
}

/**
 * Makes one change to a tenant's tables. The named functions are shorthand for this.
 *
 * @param tenant the tenant of `withTenant`, any knex transaction, or a Knex, on which the change runs in its own
 *   transaction; not a transaction with an open nested one, whose rollback would undo the change
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
 * Makes several changes to a tenant's tables, in order and in one round trip: all of them, or none.
 * Consecutive new models can refer to each other.
 *
 * @throws MigrationError; with several changes, `table` is that of the failed change, if it is known
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

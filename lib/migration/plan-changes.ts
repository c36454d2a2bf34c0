import { checkedChanges } from '../plan/checked-changes';
import { deletionsIn, type Deletion } from '../plan/deletions';
import type { Change } from '../plan/operations';
import { asWritten, planned, type Plan } from '../plan/planner';
import type { ChangeOptions } from '../options/options';
import { sharedSchemasOf, tenantsOwn } from '../options/settings';
import { identifier } from '../sql/identifier';

/** Options of planning. */
export type PlanOptions = Pick<ChangeOptions, 'sharedSchemas'>;

/** Options of `planChange` and `planChanges`. */
export interface ChangePlanOptions extends PlanOptions {
  /** Whether it will run on Citus, where some statements and locks differ (docs/citus.md). Default false. */
  readonly citus?: boolean | undefined;
}

/**
 * The SQL that a change will run, with its locks and hazards. Needs no database; exactly this SQL will run.
 *
 * @throws MigrationError INVALID_SPEC, INVALID_IDENTIFIER or CROSS_TENANT_REFERENCE, with every fault; with `citus`,
 *   UNSUPPORTED_DATABASE for what Citus cannot do
 * @example
 * planChange('acme-corp', { kind: 'dropField', table: 'invoice', column: 'old_field' }).steps[0].sql
 * // alter table "acme-corp"."invoice" drop column "old_field"
 */
export function planChange(org: string, change: Change, options?: ChangePlanOptions): Plan {
  return planChanges(org, [change], options);
}

/**
 * The same for a list of changes, which run in one round trip: all of them, or none.
 *
 * @example planChanges('acme-corp', [{ kind: 'dropModel', table: 'line' }, { kind: 'dropModel', table: 'invoice' }])
 */
export function planChanges(org: string, changes: readonly Change[], options?: ChangePlanOptions): Plan {
  const checkedOrg = identifier(org, 'org');
  const { citus = false, ...others } = options ?? {};
  const sharedSchemas = sharedSchemasOf(others);
  tenantsOwn(checkedOrg, sharedSchemas);
  return asWritten(planned(checkedOrg, checkedChanges(checkedOrg, changes, sharedSchemas), citus).plan);
}

/**
 * What a list of changes deletes for good: tables, columns, values that do not convert. Ask somebody before you run it.
 * Needs no database.
 *
 * @throws MigrationError as {@link planChanges}
 * @example
 * deletionsOf('acme-corp', [{ kind: 'dropField', table: 'invoice', column: 'old_field' }])
 * // [{ of: 'column', table: 'invoice', column: 'old_field' }]
 */
export function deletionsOf(org: string, changes: readonly Change[], options?: PlanOptions): readonly Deletion[] {
  const checkedOrg = identifier(org, 'org');
  const checked = checkedChanges(checkedOrg, changes, sharedSchemasOf(options));
  return deletionsIn(planned(checkedOrg, checked).effects.flat());
}

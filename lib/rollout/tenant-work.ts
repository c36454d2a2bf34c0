import { planForAny } from '../plan/any-org';
import { checkedChanges } from '../plan/checked-changes';
import type { CheckedChange } from '../plan/operations';
import { planned } from '../plan/planner';
import { workOf, type Work } from '../run/work';
import type { Identifier } from '../sql/identifier';
import type { ClaimedTenant } from './ledger';
import type { RolloutSettings } from './rollout-settings';

/** What is to be done for the tenants of a rollout. */
export interface TenantWork {
  /** The whole list of a tenant. */
  readonly listFor: (tenant: ClaimedTenant) => readonly CheckedChange[];
  /** What of it is not made yet, up to a place in it. */
  readonly workFor: (tenant: ClaimedTenant, upTo?: number) => Work;
}

/** Plans a list once for all tenants; a tenant's own list, or what is left of a list, for that tenant. */
export function tenantWork(
  changes: readonly CheckedChange[],
  { change: { sharedSchemas } }: Pick<RolloutSettings, 'change'>,
): TenantWork {
  let planFor: ReturnType<typeof planForAny> | undefined;
  const listFor: TenantWork['listFor'] = ({ org, changes: own }) =>
    checkedChanges(org as Identifier, own === null ? changes : (JSON.parse(own) as readonly unknown[]), sharedSchemas);
  return {
    listFor,
    workFor: (tenant, upTo) => {
      const org = tenant.org as Identifier;
      if (tenant.changes !== null || tenant.changed > 0 || upTo !== undefined) {
        return workOf(org, planned(org, listFor(tenant).slice(tenant.changed, upTo)));
      }
      planFor ??= planForAny(changes, sharedSchemas);
      return workOf(org, planFor(org));
    },
  };
}

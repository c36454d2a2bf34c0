import type { Answer } from '../run/wire/send';
import { rowsOf } from '../run/wire/send';
import { markRow, ROLLOUT_TENANTS, ROLLOUTS, type Outcome } from '../run/wire/ledger-row';
import { failing } from '../sql/server-check';
import { literal } from '../sql/literal';
import { EQ, GT } from '../sql/qualified-sql';
import type { RolloutState } from './rollout-types';

/** A tenant of a rollout that is changed part by part. */
export interface TenantAt {
  readonly rollout: number;
  readonly org: string;
}

/** What its row says. */
export interface TenantRow {
  readonly outcome: Outcome;
  /** How many changes of its list are made. */
  readonly changed: number;
  readonly state: RolloutState;
  /** Whether its wave has begun. */
  readonly open: boolean;
}

/** Nothing where it has another name now. */
export function tenantRowQuery({ rollout, org }: TenantAt): string {
  return `select t.outcome, t.changed, r.state, (r.open_until ${GT} t.place) as open
  from ${ROLLOUT_TENANTS} t join ${ROLLOUTS} r on r.id ${EQ} t.rollout
  where t.rollout ${EQ} ${literal(rollout)} and t.org ${EQ} ${literal(org)}`;
}

export function tenantRowIn(answers: readonly Answer[]): TenantRow | undefined {
  return rowsOf<TenantRow>(answers)[0];
}

/** Whether the next part may begin. */
export function mayGoOn({ outcome, state, open }: TenantRow): boolean {
  return outcome === 'pending' && state === 'running' && open;
}

/**
 * Writes that one more change of the list is made; with the last one the tenant is done. Also where the rollout was
 * halted meanwhile: this one was in hand. Fails where the row says something else, and the change stays due.
 */
export function markMade({ rollout, org }: TenantAt, after: number, isLast: boolean): string {
  const made = String(isLast ? 0 : after + 1);
  const row = { rollout: literal(rollout), org: literal(org), attempts: '1', after: String(after), made };
  return `${markRow(row)}
select case when not exists (select from tenant_ddl_row) then ${failing('ledger', `'The ledger has this tenant no longer as pending'`)} end`;
}

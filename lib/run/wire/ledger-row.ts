import { failing } from '../../sql/server-check';
import { EQ, GT, NE, PLUS } from '../../sql/qualified-sql';

/** The two tables of a rollout's ledger, as quoted in SQL. */
export const ROLLOUTS = '"tenant_ddl"."rollout"';
export const ROLLOUT_TENANTS = '"tenant_ddl"."rollout_tenant"';

/** The outcome of a tenant in a rollout. `pending` until there is one. */
export const OUTCOMES = ['pending', 'done', 'already', 'failed', 'skipped', 'gone'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Whose row is written in the transaction of a change. */
export interface LedgerRow {
  /** `id` in the ledger. */
  readonly rollout: number;
  /** From 1; includes those of earlier calls. */
  readonly attempt: number;
  /** How many changes of its list were made before, where they are made part by part. */
  readonly after?: number;
  /** How many are made with this part, in all, if it is not the last. */
  readonly upTo?: number;
  /** The transaction is rolled back in the end, and needs no row. */
  readonly trial?: true;
}

/** As SQL: `after` is how many changes of the list were made before, `made` how many are then, or 0 for all. */
type Marked = Readonly<Record<'rollout' | 'org' | 'attempts' | 'after' | 'made', string>>;

/**
 * Marks a tenant as done if it is pending; with changes left it stays pending. If two transactions arrive here for the
 * same tenant, the later one finds no row: an UPDATE at read committed waits for the first one and then checks the row
 * again (manual 13.2.1).
 */
export function markRow({ rollout, org, attempts, after, made }: Marked, provided = ''): string {
  return `with tenant_ddl_row as (
  update ${ROLLOUT_TENANTS} set outcome = case when ${made} ${EQ} 0 then 'done' else outcome end, changed = ${made},
    attempts = (attempts ${PLUS} ${attempts}), at = pg_catalog.clock_timestamp()
  where rollout ${EQ} ${rollout} and org ${EQ} ${org} and outcome ${EQ} 'pending' and changed ${EQ} ${after}${provided}
  returning org)`;
}

/**
 * Only if its wave has begun, and the rollout is running.
 * `place` is in an expression, which keeps the planner from the index on it: that one would find every tenant of the wave.
 */
export const MARK_DONE = markRow(
  { rollout: '$2::integer', org: '$3', attempts: '$4::integer', after: '$5::integer', made: '$6::integer' },
  `\n    and exists (select from ${ROLLOUTS} r where r.id ${EQ} $2::integer and r.state ${EQ} 'running' and r.open_until ${GT} (place ${PLUS} 0))`,
);

/** What the ledger says where it has no row of the tenant, which was renamed meanwhile: its row has the new name. */
export const ABSENT = 'absent';

/**
 * A column that fails with the actual state of the row or the rollout, and with `done` for a part that is not the last
 * where the row counts it already.
 */
export const REFUSE_UNLESS_MARKED = `case when not exists (select from tenant_ddl_row) then ${failing(
  'ledger',
  `coalesce((select case when t.outcome ${EQ} 'pending' and t.changed ${GT} 0 and t.changed ${EQ} $6::integer then 'done'
      when r.state ${NE} 'running' and t.outcome ${EQ} 'pending' then r.state else t.outcome end
    from ${ROLLOUT_TENANTS} t join ${ROLLOUTS} r on r.id ${EQ} t.rollout
    where t.rollout ${EQ} $2::integer and t.org ${EQ} $3), '${ABSENT}')`,
)} end`;

/** The name under which {@link refusalIn} finds the ledger's refusal. */
export const LEDGER_SAID = 'tenant_ddl_ledger';

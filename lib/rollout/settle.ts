import type { Knex } from 'knex';
import type { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { ROLLOUT_TENANTS, ROLLOUTS, type Outcome } from '../run/wire/ledger-row';
import { literal } from '../sql/literal';
import { EQ, GE, PLUS, TIMES } from '../sql/qualified-sql';
import { askLedger } from './ask-ledger';
import type { RolloutState } from './rollout-types';
import type { NamedRule } from './rollout-settings';
import { rowsOf } from '../run/wire/send';

/** What a tenant's row is to say, where its change did not write it. */
export interface Settlement {
  readonly outcome: Exclude<Outcome, 'pending' | 'done'>;
  readonly attempts: number;
  readonly code?: string | undefined;
  readonly operation?: string | undefined;
  readonly table?: string | undefined;
  readonly constraint?: string | undefined;
  /** Another attempt could succeed. */
  readonly transient?: boolean;
}

/** What the ledger has of it then. */
export interface Settled {
  readonly outcome: Outcome;
  readonly state: RolloutState;
}

/**
 * Writes what became of a pending tenant, and stops the rollout where that is too much. A change whose answer was lost
 * may still be under way: this waits for it, and then finds `done`; or it comes first, and the change finds its row no
 * longer pending.
 */
export async function settle(
  server: Knex,
  rollout: number,
  org: string,
  settlement: Settlement,
  rule: NamedRule | undefined,
  settings: Settings,
): Promise<Settled> {
  const { outcome, attempts, code, operation, table, constraint, transient = false } = settlement;
  const id = literal(rollout);
  const orNull = (value: string | undefined): string => (value === undefined ? 'null' : literal(value));
  const statements = [
    // Those that fail at once count one after the other.
    `select r.id from ${ROLLOUTS} r where r.id ${EQ} ${id} for update`,
    `update ${ROLLOUT_TENANTS} set outcome = ${literal(outcome)}, attempts = (attempts ${PLUS} ${attempts}),
  code = ${orNull(code)}, operation = ${orNull(operation)}, table_name = ${orNull(table)}, constraint_name = ${orNull(constraint)},
  transient = ${transient}, at = pg_catalog.clock_timestamp()
  where rollout ${EQ} ${id} and org ${EQ} ${literal(org)} and outcome ${EQ} 'pending'`,
    ...(outcome === 'failed' && rule !== undefined ? [stopIfTooMany(id, rule)] : []),
    `select t.outcome, r.state from ${ROLLOUT_TENANTS} t join ${ROLLOUTS} r on r.id ${EQ} t.rollout
  where t.rollout ${EQ} ${id} and t.org ${EQ} ${literal(org)}`,
  ];
  const [settled] = rowsOf<Settled>(await askLedger(server, statements, settings));
  // The tenant was renamed meanwhile: its row has the new name, and is still pending.
  return settled ?? { outcome: 'pending', state: 'running' };
}

/** Rows are counted: a counter would be one row that every tenant's transaction waits for. */
function stopIfTooMany(id: string, { failures, ratio, of, reason = 'failures' }: NamedRule): string {
  return `with tried as (
  select pg_catalog.count(*) as number, pg_catalog.count(*) filter (where t.outcome ${EQ} 'failed') as failed
  from ${ROLLOUT_TENANTS} t join ${ROLLOUTS} r on r.id ${EQ} t.rollout
  where t.rollout ${EQ} ${id} and t.at ${GE} r.started_at and t.outcome ${EQ} any (array['done', 'already', 'failed']::pg_catalog.text[]))
update ${ROLLOUTS} set state = 'stopped', reason = ${literal(reason)}, ended_at = pg_catalog.clock_timestamp()
  where id ${EQ} ${id} and state ${EQ} 'running' and exists (select from tried
    where failed ${GE} ${failures} or (number ${GE} ${of} and failed ${GE} (${literal(ratio)} ${TIMES} number)))`;
}

/** Names only: the words of the server may hold a tenant's values. */
export function failureOf(error: MigrationError, operation: string | undefined, attempts: number): Settlement {
  const { constraint } = (error.cause ?? {}) as { readonly constraint?: unknown };
  return {
    outcome: error.code === 'TENANT_NOT_FOUND' ? 'gone' : 'failed',
    attempts,
    code: error.code,
    operation,
    table: error.table,
    constraint: typeof constraint === 'string' ? constraint : undefined,
    transient: error.retryScope !== 'none' || error.code === 'POOL_TIMEOUT',
  };
}

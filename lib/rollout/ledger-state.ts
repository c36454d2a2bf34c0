import type { Knex } from 'knex';
import type { Settings } from '../options/options';
import { ROLLOUT_TENANTS, ROLLOUTS } from '../run/wire/ledger-row';
import { rowsOf } from '../run/wire/send';
import { literal } from '../sql/literal';
import { EQ, LT, NE } from '../sql/qualified-sql';
import { askLedger } from './ask-ledger';
import { ENTRY, type LedgerEntry } from './ledger';
import type { RolloutState, RolloutStatus } from './rollout-types';
import { statusIn, statusQuery } from './status';

/** Lets a wave begin, for every process. */
export async function openUntil(server: Knex, id: number, until: number, settings: Settings): Promise<void> {
  await askLedger(server, openSql(id, until), settings);
}

function openSql(id: number, until: number): string {
  return `update ${ROLLOUTS} set open_until = ${literal(until)} where id ${EQ} ${literal(id)} and open_until ${LT} ${literal(until)}`;
}

/** Changes the state, where it is one of those; gives the state that it has then. */
export async function setState(
  server: Knex,
  name: string,
  from: readonly RolloutState[],
  to: RolloutState,
  reason: string | undefined,
  settings: Settings,
): Promise<LedgerEntry | undefined> {
  const asked = [stateSql(name, from, to, reason), `${ENTRY} where name ${EQ} ${literal(name)}`];
  return rowsOf<LedgerEntry>(await askLedger(server, asked, settings))[0];
}

function stateSql(name: string, from: readonly RolloutState[], to: RolloutState, reason?: string): string {
  const at = to === 'running' ? 'started_at' : 'ended_at';
  const states = `array[${from.map(literal).join(', ')}]::pg_catalog.text[]`;
  return `update ${ROLLOUTS} set state = ${literal(to)}, reason = ${reason === undefined ? 'null' : literal(reason)},
  ${at} = pg_catalog.clock_timestamp()
  where name ${EQ} ${literal(name)} and state ${EQ} any (${states}) and state ${NE} ${literal(to)}`;
}

/** What a call begins with. */
export interface Start {
  /** The place before which tenants may be changed. */
  readonly until: number;
  /** Whether tenants that failed for good are tried again. */
  readonly retryFailed: boolean;
}

/** Marks the tenants to retry as pending, and lets a rollout that has ended go on, with its first wave. */
export async function start(
  server: Knex,
  { id, name }: { readonly id: number; readonly name: string },
  { until, retryFailed }: Start,
  settings: Settings,
): Promise<void> {
  const failed = retryFailed ? '' : ' and transient';
  const reopen = `update ${ROLLOUT_TENANTS} set outcome = 'pending', claimed = false, transient = false,
  code = null, operation = null, table_name = null, constraint_name = null
  where rollout ${EQ} ${literal(id)} and (outcome ${EQ} 'gone' or (outcome ${EQ} 'failed'${failed}))`;
  const asked = [reopen, stateSql(name, ['stopped', 'finished'], 'running'), openSql(id, until)];
  await askLedger(server, asked, settings);
}

/** Ends a rollout that has no pending tenant left; one that is halted stays so. Gives its status. */
export async function finish(server: Knex, id: number, name: string, settings: Settings): Promise<RolloutStatus> {
  const sql = `update ${ROLLOUTS} set state = 'finished', reason = null, ended_at = pg_catalog.clock_timestamp()
  where id ${EQ} ${literal(id)} and state ${EQ} 'running' and not exists (
    select from ${ROLLOUT_TENANTS} t where t.rollout ${EQ} ${literal(id)} and t.outcome ${EQ} 'pending')`;
  const status = statusIn(name, await askLedger(server, [sql, statusQuery(name)], settings));
  return status as RolloutStatus;
}

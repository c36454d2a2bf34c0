import type { Knex } from 'knex';
import type { Settings } from '../options/options';
import { ROLLOUT_TENANTS, ROLLOUTS, type Outcome } from '../run/wire/ledger-row';
import { literal } from '../sql/literal';
import { EQ, LT, NE } from '../sql/qualified-sql';
import { askLedger } from './ask-ledger';
import type { FrozenList } from './frozen-list';
import type { RolloutState } from './rollout-types';
import { LIBRARY_VERSION } from './library-version';
import { rowsOf } from '../run/wire/send';

/** A rollout in the ledger of one server. */
export interface LedgerEntry {
  readonly id: number;
  readonly hash: string;
  /** The list of changes, as JSON. */
  readonly changes: string;
  readonly seed: number;
  readonly state: RolloutState;
  readonly reason: string | null;
  /** The place before which tenants may be changed: the waves that have begun. */
  readonly open_until: number;
}

const ENTRY = `select id, hash, changes, seed, state, reason, open_until from ${ROLLOUTS}`;

/** The rollout of that name, if there is one. */
export async function entryOf(server: Knex, name: string, settings: Settings): Promise<LedgerEntry | undefined> {
  return rowsOf<LedgerEntry>(await askLedger(server, `${ENTRY} where name ${EQ} ${literal(name)}`, settings))[0];
}

/** Records a rollout, unless there is one of that name, and returns the recorded one. */
export async function register(
  server: Knex,
  name: string,
  { json, hash }: FrozenList,
  seed: number,
  settings: Settings,
): Promise<LedgerEntry> {
  const values = [name, json, hash, LIBRARY_VERSION, seed, 'running'].map(literal);
  const insert = `insert into ${ROLLOUTS} (name, changes, hash, version, seed, state) values (${values.join(', ')})
  on conflict (name) do nothing`;
  const asked = [insert, `${ENTRY} where name ${EQ} ${literal(name)}`];
  return rowsOf<LedgerEntry>(await askLedger(server, asked, settings))[0] as LedgerEntry;
}

/** A tenant in the ledger. */
export interface LedgerTenant {
  readonly org: string;
  readonly place: number;
  readonly outcome: Outcome;
  /** Of its own list of changes. */
  readonly hash: string | null;
}

export async function tenantsOf(server: Knex, id: number, settings: Settings): Promise<readonly LedgerTenant[]> {
  const sql = `select org, place, outcome, hash from ${ROLLOUT_TENANTS} where rollout ${EQ} ${literal(id)}`;
  return rowsOf<LedgerTenant>(await askLedger(server, sql, settings));
}

/** Whether a tenant before a place has failed. */
export async function hasFailed(server: Knex, id: number, until: number, settings: Settings): Promise<boolean> {
  const sql = `select org from ${ROLLOUT_TENANTS}
  where rollout ${EQ} ${literal(id)} and place ${LT} ${literal(until)} and outcome ${EQ} 'failed' limit 1`;
  return rowsOf(await askLedger(server, sql, settings)).length > 0;
}

/** How many tenants before a place are pending. */
export async function pendingBefore(server: Knex, id: number, until: number, settings: Settings): Promise<number> {
  const sql = `select pg_catalog.count(*)::integer as pending from ${ROLLOUT_TENANTS}
  where rollout ${EQ} ${literal(id)} and place ${LT} ${literal(until)} and outcome ${EQ} 'pending'`;
  return rowsOf<{ readonly pending: number }>(await askLedger(server, sql, settings))[0]?.pending ?? 0;
}

export async function hasPending(server: Knex, id: number, until: number, settings: Settings): Promise<boolean> {
  return (await unfinished(server, id, until, 1, settings)).length > 0;
}

/** The tenants before a place that are done. */
export async function doneBefore(
  server: Knex,
  id: number,
  until: number,
  settings: Settings,
): Promise<readonly string[]> {
  const sql = `select org from ${ROLLOUT_TENANTS}
  where rollout ${EQ} ${literal(id)} and place ${LT} ${literal(until)} and outcome ${EQ} 'done'`;
  return rowsOf<{ readonly org: string }>(await askLedger(server, sql, settings)).map(({ org }) => org);
}

/** A tenant that is to be written down. */
export interface NewTenant {
  readonly org: string;
  readonly place: number;
  readonly outcome: 'pending' | 'skipped';
  readonly own: FrozenList | undefined;
}

/** In one statement: a text of megabytes takes its time to read. */
const MAX_ROWS = 2000;

/** Records tenants; those that are already recorded stay as they are. */
export async function addTenants(
  server: Knex,
  id: number,
  tenants: readonly NewTenant[],
  settings: Settings,
): Promise<void> {
  for (let from = 0; from < tenants.length; from += MAX_ROWS) {
    const rows = tenants
      .slice(from, from + MAX_ROWS)
      .map(({ org, place, outcome, own }) => ({ org, place, outcome, changes: own?.json, hash: own?.hash }));
    const sql = `insert into ${ROLLOUT_TENANTS} (rollout, org, place, outcome, changes, hash)
  select ${literal(id)}::integer, org, place, outcome, changes, hash
  from pg_catalog.json_to_recordset(${literal(JSON.stringify(rows))}::pg_catalog.json)
    as t(org pg_catalog.text, place integer, outcome pg_catalog.text, changes pg_catalog.text, hash pg_catalog.text)
  on conflict (rollout, org) do nothing`;
    await askLedger(server, sql, settings);
  }
}

/** A tenant that is to be changed. */
export interface ClaimedTenant {
  readonly org: string;
  /** Its own list of changes, as JSON. */
  readonly changes: string | null;
  /** How many of them were made by themselves, online. */
  readonly changed: number;
}

/**
 * Some of the pending tenants before a place, which no other process has claimed. A claim keeps processes from going
 * for the same tenant, and no more: what keeps a tenant from being changed twice is its row.
 */
export async function claim(
  server: Knex,
  id: number,
  until: number,
  count: number,
  settings: Settings,
): Promise<readonly ClaimedTenant[]> {
  const free = `select t.org from ${ROLLOUT_TENANTS} t
    where t.rollout ${EQ} ${literal(id)} and t.outcome ${EQ} 'pending' and not t.claimed and t.place ${LT} ${literal(until)}
    order by t.place limit ${count} for update skip locked`;
  const sql = `update ${ROLLOUT_TENANTS} set claimed = true
  where rollout ${EQ} ${literal(id)} and org ${EQ} any (array(${free})) returning org, changes, changed`;
  return rowsOf<ClaimedTenant>(await askLedger(server, sql, settings));
}

/** What others have claimed and not done, from the end: they may be dead, or still at it. */
export async function unfinished(
  server: Knex,
  id: number,
  until: number,
  count: number,
  settings: Settings,
): Promise<readonly ClaimedTenant[]> {
  const sql = `select org, changes, changed from ${ROLLOUT_TENANTS}
  where rollout ${EQ} ${literal(id)} and outcome ${EQ} 'pending' and place ${LT} ${literal(until)}
  order by place desc limit ${count}`;
  return rowsOf<ClaimedTenant>(await askLedger(server, sql, settings));
}

/** Lets a wave begin, for every process. */
export async function openUntil(server: Knex, id: number, until: number, settings: Settings): Promise<void> {
  const sql = `update ${ROLLOUTS} set open_until = ${literal(until)} where id ${EQ} ${literal(id)} and open_until ${LT} ${literal(until)}`;
  await askLedger(server, sql, settings);
}

/** Ends a rollout that has no pending tenant left; one that is halted stays so. */
export async function finish(server: Knex, id: number, settings: Settings): Promise<void> {
  const sql = `update ${ROLLOUTS} set state = 'finished', reason = null, ended_at = pg_catalog.clock_timestamp()
  where id ${EQ} ${literal(id)} and state ${EQ} 'running' and not exists (
    select from ${ROLLOUT_TENANTS} t where t.rollout ${EQ} ${literal(id)} and t.outcome ${EQ} 'pending')`;
  await askLedger(server, sql, settings);
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
  const at = to === 'running' ? 'started_at' : 'ended_at';
  const states = `array[${from.map(literal).join(', ')}]::pg_catalog.text[]`;
  const sql = `update ${ROLLOUTS} set state = ${literal(to)}, reason = ${reason === undefined ? 'null' : literal(reason)},
  ${at} = pg_catalog.clock_timestamp()
  where name ${EQ} ${literal(name)} and state ${EQ} any (${states}) and state ${NE} ${literal(to)}`;
  const asked = [sql, `${ENTRY} where name ${EQ} ${literal(name)}`];
  return rowsOf<LedgerEntry>(await askLedger(server, asked, settings))[0];
}

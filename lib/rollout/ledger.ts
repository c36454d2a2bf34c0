import type { Knex } from 'knex';
import type { Settings } from '../options/options';
import { ROLLOUT_TENANTS, ROLLOUTS, type Outcome } from '../run/wire/ledger-row';
import { literal } from '../sql/literal';
import { EQ, LT } from '../sql/qualified-sql';
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

export const ENTRY = `select id, hash, changes, seed, state, reason, open_until from ${ROLLOUTS}`;

/** The rollout of that name, if there is one. */
export async function entryOf(server: Knex, name: string, settings: Settings): Promise<LedgerEntry | undefined> {
  return rowsOf<LedgerEntry>(await askLedger(server, `${ENTRY} where name ${EQ} ${literal(name)}`, settings))[0];
}

/** A rollout, and the tenants that are recorded for it. */
export interface Registered {
  readonly entry: LedgerEntry;
  readonly tenants: readonly LedgerTenant[];
}

/** Records a rollout, unless there is one of that name, and returns the recorded one. */
export async function register(
  server: Knex,
  name: string,
  { json, hash }: FrozenList,
  seed: number,
  settings: Settings,
): Promise<Registered> {
  const values = [name, json, hash, LIBRARY_VERSION, seed, 'running'].map(literal);
  const insert = `insert into ${ROLLOUTS} (name, changes, hash, version, seed, state) values (${values.join(', ')})
  on conflict (name) do nothing`;
  const isNamed = `name ${EQ} ${literal(name)}`;
  const asked = [insert, `${ENTRY} where ${isNamed}`, tenantsSql(`(select id from ${ROLLOUTS} where ${isNamed})`)];
  const answers = await askLedger(server, asked, settings);
  return { entry: rowsOf<LedgerEntry>(answers.slice(0, -1))[0] as LedgerEntry, tenants: rowsOf(answers) };
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
  return rowsOf<LedgerTenant>(await askLedger(server, tenantsSql(literal(id)), settings));
}

function tenantsSql(rollout: string): string {
  return `select org, place, outcome, hash from ${ROLLOUT_TENANTS} where rollout ${EQ} ${rollout}`;
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

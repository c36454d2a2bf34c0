// What a statement really does to the tables that were there before it: its locks, rewrites and scans, from what the
// server shows of itself.
import type { Knex } from 'knex';
import { LOCK_MODES, type Lock, type LockMode } from '../../lib/plan/plan';
import { connect } from './postgres';

/** One session, whose server tells at DEBUG1 when it writes or reads a whole table. */
export interface Witness {
  readonly db: Knex;
  /** The messages since the last call. */
  heard(): readonly string[];
}

interface DriverConnection {
  query(text: string, done: (error?: Error) => void): void;
  on(event: 'notice', listener: (notice: { message: string }) => void): void;
}

export function witness(): Witness {
  let messages: string[] = [];
  const afterCreate = (connection: DriverConnection, done: (error?: Error) => void): void => {
    connection.on('notice', ({ message }) => messages.push(message));
    connection.query('set client_min_messages = debug1', done);
  };
  const heard = (): readonly string[] => {
    const given = messages;
    messages = [];
    return given;
  };
  return { db: connect({ pool: { max: 1, afterCreate } }), heard };
}

/** A table that was there before, and so could be in use. */
export interface KnownTable {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly rows: number;
}

export async function knownTables(db: Knex, schemas: readonly string[]): Promise<readonly KnownTable[]> {
  const { rows } = await db.raw(
    `select c.oid::int as oid, n.nspname::text as schema, c.relname::text as "table",
       (xpath('//n/text()', query_to_xml(format('select count(*) as n from %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::int as rows
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = any(?)`,
    [[...schemas]],
  );
  return rows as KnownTable[];
}

/** What a statement did, in the words of a plan. */
export interface Observed {
  /** The strongest on each table, its indexes and its TOAST table included; on none that the statement made. */
  readonly locks: readonly Lock[];
  /** By the file node. */
  readonly rewritesTable: boolean;
  /** By the rows that were read. */
  readonly scansTable: boolean;
  /** The same two by the messages. */
  readonly heard: { readonly rewritesTable: boolean; readonly scansTable: boolean };
  /** The tables of which all rows were read. */
  readonly scanned: readonly string[];
}

/** Runs a statement in a transaction, looks, and rolls back, unless it is to stay. */
export async function observed(
  { db, heard }: Witness,
  tables: readonly KnownTable[],
  run: (trx: Knex) => Promise<unknown>,
  { keep = false } = {},
): Promise<Observed> {
  const trx = await db.transaction();
  try {
    const before = await counters(trx, tables);
    const owners = await ownersOf(trx);
    heard();
    await run(trx);
    const messages = heard();
    const locks = await strongestLocks(trx, tables, owners);
    const after = await counters(trx, tables);
    const scanned = tables.filter(({ oid, ...table }) => isScanned({ oid, ...table }, before, after));
    const heardTables = await tablesIn(trx, messages, tables);
    if (keep) await trx.commit();
    return {
      locks,
      rewritesTable: tables.some(({ oid }) => {
        const node = after.get(oid)?.node;
        return node !== undefined && node !== null && node !== before.get(oid)?.node;
      }),
      scansTable: scanned.length > 0,
      heard: {
        rewritesTable: messages.some((message) => message.startsWith('rewriting table')),
        scansTable: heardTables.length > 0,
      },
      scanned: scanned.map(({ table }) => table),
    };
  } finally {
    if (!trx.isCompleted()) await trx.rollback();
  }
}

interface Counters {
  readonly node: number | null;
  readonly scans: number;
  readonly tuples: number;
}

/** Counted in the session itself, at once. */
async function counters(trx: Knex, tables: readonly KnownTable[]): Promise<ReadonlyMap<number, Counters>> {
  const { rows } = await trx.raw(
    `select oid::int as oid, pg_relation_filenode(oid)::int as node, pg_stat_get_xact_numscans(oid)::int as scans,
       pg_stat_get_xact_tuples_returned(oid)::int as tuples
     from unnest(?::oid[]) oid`,
    [tables.map(({ oid }) => oid)],
  );
  return new Map((rows as (Counters & { oid: number })[]).map(({ oid, ...counted }) => [oid, counted]));
}

type Readings = ReadonlyMap<number, Counters>;

/** All of it or nothing: a plan has no words for the half of a table. */
function isScanned({ oid, table, rows }: KnownTable, before: Readings, after: Readings): boolean {
  const [was, is] = [before.get(oid), after.get(oid)];
  const scans = (is?.scans ?? 0) - (was?.scans ?? 0);
  const tuples = (is?.tuples ?? 0) - (was?.tuples ?? 0);
  if (scans === 0 && tuples === 0) return false;
  if (scans > 0 && tuples >= rows) return true;
  throw new Error(`${tuples} of ${rows} rows of "${table}" were read, in ${scans} scans.`);
}

/** Every relation of users to its table: an index or a TOAST table is part of it. */
async function ownersOf(trx: Knex): Promise<ReadonlyMap<number, number>> {
  const { rows } = await trx.raw(`
    with tables as (
      select c.oid, c.reltoastrelid as toast from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
    select oid::int as relation, oid::int as "table" from tables
    union all select toast::int, oid::int from tables where toast <> 0
    union all select i.indexrelid::int, t.oid::int from tables t join pg_index i on i.indrelid in (t.oid, nullif(t.toast, 0))`);
  return new Map((rows as { relation: number; table: number }[]).map(({ relation, table }) => [relation, table]));
}

async function strongestLocks(
  trx: Knex,
  tables: readonly KnownTable[],
  owners: ReadonlyMap<number, number>,
): Promise<readonly Lock[]> {
  const { rows } = await trx.raw(
    `select relation::int as relation, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted`,
  );
  const locks = (rows as { relation: number; mode: LockMode }[]).flatMap(({ relation, mode }): Lock[] => {
    const owner = owners.get(relation);
    const known = tables.find(({ oid }) => oid === owner);
    return known === undefined ? [] : [{ schema: known.schema, table: known.table, mode }];
  });
  return strongest(locks);
}

/** The strongest lock on each table, in the order of their names. */
export function strongest(locks: readonly Lock[]): readonly Lock[] {
  const byTable = new Map<string, Lock>();
  for (const lock of locks) {
    const key = `${lock.schema}.${lock.table}`;
    const other = byTable.get(key);
    if (other === undefined || LOCK_MODES.indexOf(lock.mode) > LOCK_MODES.indexOf(other.mode)) byTable.set(key, lock);
  }
  return [...byTable].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lock]) => lock);
}

const WHOLE_TABLE = /^(?:rewriting|verifying) table "(.*)"|^building index ".*" on table "(.*)" serially/;
const FOREIGN_KEY = /^validating foreign key constraint "(.*)"/;

/** The known tables that the messages are about; a table that the statement made is left out. */
async function tablesIn(
  trx: Knex,
  messages: readonly string[],
  tables: readonly KnownTable[],
): Promise<readonly string[]> {
  const keys = messages.flatMap((message) => FOREIGN_KEY.exec(message)?.[1] ?? []);
  const { rows } = await trx.raw(
    `select c.relname::text as name from pg_constraint k join pg_class c on c.oid = k.conrelid
     where k.contype = 'f' and k.conname = any(?) and k.conrelid = any(?::oid[])`,
    [keys, tables.map(({ oid }) => oid)],
  );
  const named = messages.flatMap((message) => {
    const match = WHOLE_TABLE.exec(message);
    return match?.[1] ?? match?.[2] ?? [];
  });
  return [
    ...named.filter((name) => tables.some(({ table }) => table === name)),
    ...(rows as { name: string }[]).map(({ name }) => name),
  ];
}

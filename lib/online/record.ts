import { MigrationError } from '../errors';
import { createMissing, granteeSql, OWN_SCHEMA, type OwnTables } from '../run/own-tables';
import { joined } from '../run/wire/batch';
import { CITUS, isCitusIn } from '../run/wire/citus';
import { rowsOf, type Answer } from '../run/wire/send';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import { failing } from '../sql/server-check';
import type { OnlineSession } from './online-session';

/** What was begun and is not finished: one row for each table. Quoted, as it is written into SQL. */
export const RECORDS = '"tenant_ddl"."online_change"';

const TABLE = `create table ${RECORDS} (
  "table_oid" pg_catalog.oid primary key,
  "org" pg_catalog.text not null,
  "table_name" pg_catalog.text not null,
  "change" pg_catalog.text not null,
  "plan" pg_catalog.text not null,
  "stage" integer not null default 0,
  "cursor_key" pg_catalog.text,
  "upper_key" pg_catalog.text,
  "begun_at" timestamp with time zone not null default pg_catalog.clock_timestamp(),
  "at" timestamp with time zone not null default pg_catalog.clock_timestamp()
)`;

/** An online change that was begun. */
export interface OnlineRecord {
  readonly org: string;
  readonly table: string;
  /** As JSON. */
  readonly change: string;
  /** A hash of its stages. */
  readonly plan: string;
  /** The stage that is due, from 0. */
  readonly stage: number;
  readonly begunAt: Date;
}

/** Whether the table of records can be used; null where it is not there. */
const LOOK = `select current_user::pg_catalog.text as role, ${CITUS},
  (select pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage'))::pg_catalog.text from pg_catalog.pg_namespace n where n.nspname ${EQ} 'tenant_ddl') as schema,
  (select pg_catalog.bool_and(pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_table_privilege(c.oid, 'insert')
      and pg_catalog.has_table_privilege(c.oid, 'update') and pg_catalog.has_table_privilege(c.oid, 'delete'))::pg_catalog.text
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    where n.nspname ${EQ} 'tenant_ddl' and c.relname ${EQ} 'online_change') as usable`;

interface Look {
  readonly role: string;
  /** `true` or `false`; null where it is not there. */
  readonly schema: string | null;
  readonly usable: string | null;
}

/** Creates the table of records if it is missing. */
export async function ensureRecords({ ask }: Pick<OnlineSession, 'ask'>): Promise<void> {
  const look = async (): Promise<OwnTables> => {
    const answers = await ask(LOOK);
    const [found] = rowsOf<Look>(answers);
    return {
      role: found?.role,
      isOnCitus: isCitusIn(answers),
      mayUse: found !== undefined && found.schema !== 'false' && found.usable !== 'false',
      missing: found?.usable === 'true' ? [] : [...(found?.schema === null ? [OWN_SCHEMA] : []), TABLE],
    };
  };
  await createMissing(look, (statements) => ask(joined(statements)), deniedError);
}

/** For those who may not create the schema: what an admin runs once. */
function deniedError(role: string, cause?: unknown): MigrationError {
  const grantee = granteeSql(role);
  const sql = [
    OWN_SCHEMA.replace('create schema', 'create schema if not exists'),
    TABLE,
    `grant usage on schema "tenant_ddl" to ${grantee}`,
    `grant select, insert, update, delete on ${RECORDS} to ${grantee}`,
  ];
  return new MigrationError(
    `The database role "${role}" may not create or use the record of online changes, and nothing was changed. Let an admin run this once in the same database:\n${sql.map((each) => `${each};`).join('\n')}`,
    { code: 'PERMISSION_DENIED', cause },
  );
}

/** Found by the table's oid: another tenant's table of the same name has another, and so has one that was created again. */
export async function readRecord({ ask }: OnlineSession, oid: string): Promise<OnlineRecord | undefined> {
  return recordsIn(await ask(`select ${RECORD_COLUMNS} from ${RECORDS} where table_oid ${EQ} ${oidOf(oid)}`))[0];
}

/** As texts, whatever parsers the driver has. */
export const RECORD_COLUMNS = `org, table_name as "table", change, plan, stage::pg_catalog.text as stage,
  pg_catalog.to_json(begun_at)::pg_catalog.text as begun`;

export function recordsIn(answers: readonly Answer[]): readonly OnlineRecord[] {
  return rowsOf<Record<'org' | 'table' | 'change' | 'plan' | 'stage' | 'begun', string>>(answers).map(
    ({ stage, begun, ...record }) => ({
      ...record,
      stage: Number(stage),
      begunAt: new Date(JSON.parse(begun) as string),
    }),
  );
}

/** Also forgets what is recorded of a table that is gone: all that it had went with it. */
export function beginRecord(oid: string, org: Identifier, table: Identifier, change: string, plan: string): string {
  const values = [oidOf(oid), ...[org, table, change, plan].map(literal)].join(', ');
  return `${forgetGone(org, table)};
insert into ${RECORDS} (table_oid, org, table_name, change, plan) values (${values})`;
}

export function forgetGone(org: Identifier, table: Identifier): string {
  return `delete from ${RECORDS} r where r.org ${EQ} ${literal(org)} and r.table_name ${EQ} ${literal(table)}
  and not exists (select from pg_catalog.pg_class c where c.oid ${EQ} r.table_oid)`;
}

/** Says that a stage is done, or undone: fails where the record says something else. `end` removes the record. */
export function moveRecord(oid: string, from: number, to: number | 'end'): string {
  const where = `where table_oid ${EQ} ${oidOf(oid)} and stage ${EQ} ${from}`;
  const move =
    to === 'end'
      ? `delete from ${RECORDS} ${where}`
      : `update ${RECORDS} set stage = ${to}, at = pg_catalog.clock_timestamp() ${where}`;
  const reason = literal('Another process has gone on with this online change, or has taken it back');
  return `with tenant_ddl_row as (${move} returning stage)
select case when not exists (select from tenant_ddl_row) then ${failing('online', reason)} end`;
}

/** How far a stage that goes through the rows has come. */
export interface Cursor {
  readonly stage: number;
  /** The last key that was looked at, and the last of the pass, as texts; null before the first batch. */
  readonly cursor: string | null;
  readonly upper: string | null;
}

export async function readCursor({ ask }: OnlineSession, oid: string): Promise<Cursor> {
  const columns = 'stage::pg_catalog.text as stage, cursor_key as cursor, upper_key as upper';
  const [row] = rowsOf<{ stage: string; cursor: string | null; upper: string | null }>(
    await ask(`select ${columns} from ${RECORDS} where table_oid ${EQ} ${oidOf(oid)}`),
  );
  return { stage: Number(row?.stage ?? -1), cursor: row?.cursor ?? null, upper: row?.upper ?? null };
}

/** Before another pass, or the next stage. */
export function resetCursor(oid: string): string {
  return `update ${RECORDS} set cursor_key = null, upper_key = null where table_oid ${EQ} ${oidOf(oid)}`;
}

export function oidOf(oid: string): string {
  return `${literal(oid)}::pg_catalog.oid`;
}

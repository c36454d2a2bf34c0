import type { KeysOf } from '../../plan/plan';
import { PG_CLASS, PG_CONSTRAINT } from '../../sql/catalog-oids';
import { qualified, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { EQ, NE } from '../../sql/qualified-sql';
import { AND_PARTS, COUNT, oidsOf, setShare } from './lock-timeout-share';
import { valueOf, type Answer } from './send';

/**
 * A column that divides `lock_timeout` among the tables of a change and those at the other ends of the foreign keys that
 * it drops or recreates: PostgreSQL locks these as well, and a plan made without a database does not know them. It
 * returns those of other schemas, which {@link sharedTablesIn} reads.
 *
 * @param tables an expression: the quoted names of the tables that the plan locks, as JSON
 * @param keys an expression: {@link keysAsJson}
 * @param lockTimeoutMs an expression: a text of digits
 */
export function keyedShare(tables: string, keys: string, lockTimeoutMs: string): string {
  const part = (index: number): string => `pg_catalog.json_array_element_text(k.value, ${index})`;
  return `(with recursive changed(root, oid, field, both_ends) as (
    select r.oid, r.oid, ${part(1)}, ${part(2)}::boolean
    from pg_catalog.json_array_elements(${keys}::pg_catalog.json) k(value), pg_catalog.to_regclass(${part(0)}) r(oid)
    where r.oid is not null
    union
    select c.root, i.inhrelid, c.field, c.both_ends from changed c join pg_catalog.pg_inherits i on i.inhparent ${EQ} c.oid),
  ends(root, oid) as (
    select c.root, k.confrelid from changed c join pg_catalog.pg_constraint k on k.conrelid ${EQ} c.oid
    where k.contype ${EQ} 'f' and (c.field is null or ${isFieldOf('c', `any (k.conkey)`)})
    union
    select c.root, k.conrelid from changed c
      join pg_catalog.pg_depend d on d.refclassid ${EQ} ${PG_CLASS} and d.refobjid ${EQ} c.oid and d.classid ${EQ} ${PG_CONSTRAINT}
      join pg_catalog.pg_constraint k on k.oid ${EQ} d.objid and k.confrelid ${EQ} c.oid
    where c.both_ends and k.contype ${EQ} 'f' and (c.field is null or ${isFieldOf('c', 'd.refobjsubid')})),
  tree(oid) as (${oidsOf(tables)} union select oid from ends ${AND_PARTS})
  select case when ${setShare(`(${COUNT})`, lockTimeoutMs)} is not null then (
    select pg_catalog.json_agg(pg_catalog.json_build_array(r.relname, pg_catalog.concat('"', n.nspname, '"."', e.relname, '"')))::pg_catalog.text
    from ends join pg_catalog.pg_class r on r.oid ${EQ} ends.root join pg_catalog.pg_class e on e.oid ${EQ} ends.oid
      join pg_catalog.pg_namespace n on n.oid ${EQ} e.relnamespace
    where e.relnamespace ${NE} r.relnamespace) end) as tenant_ddl_shared`;
}

/**
 * The same for one field of the only table that the plan locks, which usually is not part of a foreign key, nor its
 * table of a tree of partitions. Where it is, the rest is a query of its own: it would otherwise be planned, and made
 * ready, each time.
 *
 * @param table an expression: its quoted name
 * @param field an expression: its name
 * @param lockTimeoutMs an expression: a text of digits
 */
export function fieldShare(table: string, field: string, lockTimeoutMs: string): string {
  const own = `pg_catalog.to_regclass(${table})::pg_catalog.oid`;
  const number = `select a.attnum from pg_catalog.pg_attribute a where a.attrelid ${EQ} ${own} and a.attname ${EQ} ${field}`;
  return `case
    when exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} ${own})
      or exists (select from pg_catalog.pg_constraint k where k.conrelid ${EQ} ${own} and k.contype ${EQ} 'f' and (${number}) ${EQ} any (k.conkey))
    then ${inAQueryOfItsOwn(table, field, lockTimeoutMs)} end as tenant_ddl_shared`;
}

/** A setting of the transaction, since XML would escape the JSON. */
const FOUND = 'tenant_ddl.shared';

function inAQueryOfItsOwn(table: string, field: string, lockTimeoutMs: string): string {
  const share = `select pg_catalog.set_config('${FOUND}', (select coalesce(tenant_ddl_shared, '') from (select ${keyedShare('%1$L', '%2$L', '%3$L')}) s), true)`;
  const list = (...items: readonly string[]): string => `pg_catalog.json_build_array(${items.join(', ')})`;
  const [name, column] = [`${table}::pg_catalog.text`, `${field}::pg_catalog.text`];
  const values = [list(name), list(list(name, column, 'false')), lockTimeoutMs].map(
    (value) => `${value}::pg_catalog.text`,
  );
  const run = `pg_catalog.query_to_xml(pg_catalog.format(${[literal(share), ...values].join(', ')}), false, false, '')`;
  return `case when ${run} is not null then pg_catalog.current_setting('${FOUND}', true) end`;
}

function isFieldOf(table: string, numbers: string): string {
  return `exists (select from pg_catalog.pg_attribute a where a.attrelid ${EQ} ${table}.oid and a.attname ${EQ} ${table}.field and a.attnum ${EQ} ${numbers})`;
}

/** A parameter of {@link keyedShare}. */
export function keysAsJson(org: Identifier, keys: readonly KeysOf[]): string {
  return JSON.stringify(
    keys.map(({ table, column, bothEnds }) => [qualified(org, table), column ?? null, bothEnds === true]),
  );
}

/** A table whose keys are dropped, and a table of another schema at the other end of one, as quoted in SQL. */
export type SharedTable = readonly [table: string, shared: string];

export function sharedTablesIn(answers: readonly Answer[]): readonly SharedTable[] {
  const found = valueOf(answers, 'tenant_ddl_shared');
  return typeof found === 'string' && found !== '' ? (JSON.parse(found) as readonly SharedTable[]) : [];
}

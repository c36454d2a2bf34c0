// What a role could make so that the library's own SQL calls it: functions and operators of PostgreSQL's names, with
// the same arguments and with closer ones; types and views of its names. Each notes that it was called, and fails.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';

const root = join(__dirname, '..', '..', 'lib');
const source = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n');
const namesOf = (pattern: RegExp): string[] => [...new Set([...source.matchAll(pattern)].map(([, name = '']) => name))];

/** All that the library calls, and what it would be natural to call next. */
export const FUNCTIONS = [
  ...namesOf(/pg_catalog\.(\w+)\(/g),
  'date_part',
  'lower',
  'max',
  'array_append',
  'regexp_replace',
];
/** A type of this kind of name is no catalog. */
const CATALOGS = namesOf(/pg_catalog\.(pg_\w+)\b(?!\()/g).filter((name) => name !== 'pg_lsn');
/** Of pg_attribute without attmissingval, whose type no view can have. */
const COLUMNS: Readonly<Record<string, string>> = {
  pg_attribute: `c.attrelid, c.attname, c.atttypid, c.atttypmod, c.attnum, c.attnotnull, c.attisdropped, c.atthasdef,
    c.attgenerated, c.attidentity, c.attinhcount, c.attislocal, c.attndims, c.attlen, c.attcollation`,
};
const TYPES =
  'text name oid uuid date jsonb json bytea timestamptz regclass regtype int2 int4 int8 bool xid8 record'.split(' ');
const SIGNS = ['=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '||', '&', '~', '~*', '@>', '<@'];

/** Where a trap notes its name: a sequence, which no ROLLBACK sets back. */
const NOTES = 'sprung';

/** Types that fit an argument better than its declared type, for a constant or a catalog's column. */
const CLOSER = `(values ('bigint', 'integer'), ('bigint', 'smallint'), ('text', 'name'), ('text', 'varchar'), ('text', '"char"'),
  ('name', 'text'), ('oid', 'regclass'), ('oid', 'integer'), ('double precision', 'numeric'), ('numeric', 'integer'),
  ('anyarray', 'text[]'), ('anyarray', 'name[]'), ('anyarray', 'int2[]'), ('anyarray', 'boolean[]'), ('anyarray', 'oid[]'),
  ('anyelement', 'text'), ('"any"', 'text'), ('anycompatiblearray', 'text[]'), ('anycompatible', 'text'),
  ('bytea', 'text'), ('text', 'regclass'))`;

/** Makes the place for the notes. As a role whose search_path is pg_catalog alone. */
export async function prepareNotes(admin: Knex): Promise<void> {
  await admin.raw(`create schema ${NOTES}; create sequence ${NOTES}.operators; create sequence ${NOTES}.views;
    grant usage on schema ${NOTES} to public`);
  await admin.raw([...new Set(FUNCTIONS)].map((name) => `create sequence ${NOTES}."${name}"`).join(';'));
  await admin.raw(`create function ${NOTES}.view_read() returns boolean language plpgsql as
    $$ begin perform pg_catalog.nextval('${NOTES}.views'); return true; end $$`);
}

/** Sets the traps in a schema, and gives how many. */
export async function setTraps(admin: Knex, schema: string): Promise<number> {
  const [, answer] = (await admin.raw(
    `do $do$
     declare f record; made integer := 0;
     begin
       for f in
         with own as (
           select p.proname, p.proretset, pg_catalog.format_type(p.prorettype, null) as result, p.provariadic,
             array(select pg_catalog.format_type(t, null) from unnest(p.proargtypes::oid[]) with ordinality a(t, n) order by n) as args
           from pg_catalog.pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind in ('f', 'a', 'w')
             and p.proname = any (array[${FUNCTIONS.map((name) => `'${name}'`).join(', ')}])),
         closer as (
           select proname, proretset, result, args from own
           union select proname, proretset, result,
             array(select case when a = c.column1 then c.column2 else a end from unnest(args) with ordinality x(a, n) order by n)
             from own, ${CLOSER} c where c.column1 = any (args)
           union select proname, proretset, result,
             array(select case when n = i then c.column2 else a end from unnest(args) with ordinality x(a, n) order by n)
             from own, ${CLOSER} c, generate_series(1, cardinality(args)) i where args[i] = c.column1
           union select proname, proretset, result, array_fill('text'::text, array[n])
             from own, generate_series(1, 6) n where provariadic <> 0)
         select distinct proname, proretset, result, args from closer
       loop
         begin
           execute format('create function ${schema}.%I(%s) returns %s %s language plpgsql as %L', f.proname,
             array_to_string(f.args, ', '), case when f.proretset then 'setof' else '' end, f.result,
             format('begin perform pg_catalog.nextval(''${NOTES}.%I''); raise exception ''sprung: %s''; end', f.proname, f.proname));
           made := made + 1;
         exception when others then null; -- plpgsql takes no pseudo-types
         end;
       end loop;
       for f in
         select distinct o.oprname, o.oprleft, o.oprright, o.oprresult from pg_catalog.pg_operator o
         where o.oprname = any (array[${SIGNS.map((sign) => `'${sign}'`).join(', ')}]) and o.oprleft <> 0
         union select s, l, r, 'boolean'::regtype::oid
         from unnest(array['=', '<>', '<', '>']) s,
           unnest(array['text', 'name', 'oid', 'int2', 'int4', 'int8', '"char"', 'regclass', 'varchar', 'regtype']::regtype[]::oid[]) l,
           unnest(array['text', 'name', 'oid', 'int2', 'int4', 'int8', '"char"', 'regclass', 'varchar', 'regtype']::regtype[]::oid[]) r
       loop
         begin
           execute format('create or replace function ${schema}.trap_%s(%s, %s) returns %s language plpgsql as %L', f.oprresult,
             format_type(f.oprleft, null), format_type(f.oprright, null), format_type(f.oprresult, null),
             'begin perform pg_catalog.nextval(''${NOTES}.operators''); raise exception ''sprung: an operator''; end');
           execute format('create operator ${schema}.%s (leftarg = %s, rightarg = %s, function = ${schema}.trap_%s)', f.oprname,
             format_type(f.oprleft, null), format_type(f.oprright, null), f.oprresult);
           made := made + 1;
         exception when others then null;
         end;
       end loop;
       perform pg_catalog.set_config('traps.set', made::text, false);
     end $do$;
     select pg_catalog.current_setting('traps.set')::integer as count`.replaceAll('?', '\\?'),
  )) as unknown as { readonly rows: readonly { readonly count: number }[] }[];
  await admin.raw(relationTraps(`${schema}.`, ''));
  return answer?.rows[0]?.count ?? 0;
}

/** Views of the names of catalogs, and tables of the names of types; for a session's own, with `temporary`. */
export function relationTraps(prefix: string, temporary: 'temporary' | ''): string {
  return [
    ...CATALOGS.map(
      (name) =>
        `create ${temporary} view ${prefix}${name} as select ${COLUMNS[name] ?? 'c.*'} from pg_catalog.${name} c where ${NOTES}.view_read()`,
    ),
    ...TYPES.map((name) => `create ${temporary} table ${prefix}"${name}" (trap integer)`),
  ].join(';\n');
}

/** The traps that were called. */
export async function sprungTraps(admin: Knex): Promise<string[]> {
  const { rows } = await admin.raw(`select sequencename::text as name from pg_catalog.pg_sequences
    where schemaname = '${NOTES}' and last_value is not null order by 1`);
  return (rows as { name: string }[]).map(({ name }) => name);
}

import { EQ, GT, NE } from '../sql/qualified-sql';
import { json } from './catalogs';

/** Names of columns by their numbers, as a JSON text. */
function columnNames(relation: string, attnums: string): string {
  return `(select pg_catalog.json_agg(a.attname order by n.place)
      from pg_catalog.unnest(${attnums}) with ordinality n(attnum, place)
      join pg_catalog.pg_attribute a on a.attrelid ${EQ} ${relation} and a.attnum ${EQ} n.attnum)`;
}

/** Most checks are over one column. */
const CHECKED_COLUMNS = `case when pg_catalog.cardinality(k.conkey) ${EQ} 1
        then (select a.attname::pg_catalog.text from pg_catalog.pg_attribute a where a.attrelid ${EQ} k.conrelid and a.attnum ${EQ} k.conkey[1])
        else coalesce(${columnNames('k.conrelid', 'k.conkey')}::pg_catalog.text, '') end`;

/** Columns that an older server lacks are taken from beside the catalog: a name is looked up there only where the catalog has none. */
const OLDER = 'cross join (select true as conenforced, false as conperiod, null::smallint[] as confdelsetcols) older';

/** What few constraints have, as a record of its own. */
const RARE = `case when k.condeferrable or not k.convalidated or not conenforced or conperiod or k.coninhcount ${NE} 0 or confdelsetcols is not null
        or k.connoinherit and k.contype ${EQ} any ('{c,n}'::pg_catalog."char"[])
      then (k.condeferrable, k.condeferred, k.convalidated, conenforced, conperiod,
        k.connoinherit and k.contype ${EQ} any ('{c,n}'::pg_catalog."char"[]), k.coninhcount, confdelsetcols is not null)::pg_catalog.text end`;

/** The table that a foreign key refers to, as JSON: the name of one of the tenant's own, or `[schema, name, columns]`. */
const TARGET = `select case when target.relnamespace ${EQ} rel.home then ${json('target.relname::pg_catalog.text')}
          else (select pg_catalog.json_build_array(place.nspname, target.relname, ${columnNames('k.confrelid', 'k.confkey')})
            from pg_catalog.pg_namespace place where place.oid ${EQ} target.relnamespace) end
        from pg_catalog.pg_class target where target.oid ${EQ} k.confrelid`;

/** The columns are numbers of the table that it refers to. */
const REFERENCE = `case when k.confrelid ${NE} 0
      then ((${TARGET}), k.confkey, k.confdeltype, k.confupdtype, k.confmatchtype)::pg_catalog.text end`;

/**
 * The constraints of each table but its checks, a record each. A NOT NULL that holds is a part of its column; from
 * PostgreSQL 18 on it is here too, and may be one that does not hold.
 */
const KEYS = `keys as materialized (
  select rel.oid as relation, k.shown
  from rel ${OLDER} cross join lateral (
    select pg_catalog.string_agg((k.conname, k.contype, k.conkey, null, ${RARE}, ${REFERENCE})::pg_catalog.text, '' order by k.conname) as shown
    from pg_catalog.pg_constraint k
    where k.conrelid ${EQ} rel.oid and k.contypid ${EQ} 0 and k.contype ${NE} all ('{c,t}'::pg_catalog."char"[])
      and (k.contype ${NE} 'n'::pg_catalog."char" or not k.convalidated or not conenforced or k.connoinherit)
    offset 0) k
)`;

/** Each check of a table, and its tree. */
const CHECKED = `checked as materialized (
  select rel.oid as relation, k.*
  from rel ${OLDER} cross join lateral (
    select k.conname, k.conkey, k.oid as check_oid, ${RARE} as rare, k.conbin::pg_catalog.text as tree, ${CHECKED_COLUMNS} as tree_columns
    from pg_catalog.pg_constraint k
    where k.conrelid ${EQ} rel.oid and k.contype ${EQ} 'c'::pg_catalog."char"
    offset 0) k
  where rel.checks ${GT} 0
)`;

/**
 * The checks: equal trees over columns of equal names are one, which the server writes down once. It opens a table for
 * it, and waits where somebody has locked that one: another one of the same check is as good.
 */
function checks(waits: boolean): string {
  const free = `pg_catalog.min(k.check_oid) filter (where not exists (select from locked where locked.oid ${EQ} k.relation))`;
  return `checks as materialized (
  select tree, tree_columns, pg_catalog.row_number() over () as id,
    ${waits ? `coalesce(${free}, pg_catalog.min(k.check_oid))` : free} as representative
  from checked k group by tree, tree_columns
)`;
}

/** The constraints of each table; a check has the number of its text. */
export function constraints(waits: boolean): string {
  return `${KEYS}, ${CHECKED}, ${checks(waits)}, check_lists as materialized (
  select k.relation, pg_catalog.string_agg((k.conname, 'c', k.conkey, c.id, k.rare, null)::pg_catalog.text, '' order by k.conname) as shown
  from checked k join checks c on c.tree ${EQ} k.tree and c.tree_columns ${EQ} k.tree_columns
  group by k.relation
), constraint_lists as (
  select keys.relation, pg_catalog.concat(keys.shown, l.shown) as shown
  from keys left join check_lists l on l.relation ${EQ} keys.relation
)`;
}

/** The texts of the checks: `[number, text]` each. */
export const CHECK_TEXTS = `select pg_catalog.json_agg(pg_catalog.json_build_array(checks.id,
    (select pg_catalog.pg_get_expr(k.conbin, k.conrelid) from pg_catalog.pg_constraint k where k.oid ${EQ} checks.representative)))
  from checks`;

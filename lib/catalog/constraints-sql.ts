import { EQ, NE } from '../sql/qualified-sql';

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

/**
 * Each constraint of a table, and the text of its tree, where it is a check. Columns that an older server lacks are
 * taken from beside the catalog: a name is looked up there only where the catalog has none.
 *
 * A NOT NULL that holds is a part of its column; from PostgreSQL 18 on it is here too, and may be one that does not hold.
 */
const CONSTRAINT = `constraints as materialized (
  select rel.oid as relation, rel.home, k.*
  from rel cross join (select true as conenforced, false as conperiod, null::smallint[] as confdelsetcols) older
  cross join lateral (
    select k.conname, k.contype, k.conkey, k.oid as check_oid, k.confrelid, k.confkey, k.confdeltype, k.confupdtype, k.confmatchtype,
      k.condeferrable, k.condeferred, k.convalidated, conenforced as is_enforced, conperiod as is_period, k.connoinherit,
      k.coninhcount, confdelsetcols is not null as sets_some,
      case when k.contype ${EQ} 'c'::pg_catalog."char" then k.conbin::pg_catalog.text end as tree,
      case when k.contype ${EQ} 'c'::pg_catalog."char" then ${CHECKED_COLUMNS} end as tree_columns
    from pg_catalog.pg_constraint k
    where k.conrelid ${EQ} rel.oid and k.contype ${NE} 't'::pg_catalog."char"
      and (k.contype ${NE} 'n'::pg_catalog."char" or not k.convalidated or not conenforced or k.connoinherit)
    offset 0) k
)`;

/** A record for each constraint. The columns of a table of the tenant's own are numbers, those of another are names. */
const SHOWN = `(k.conname, k.contype, k.conkey, k.condeferrable, k.condeferred, k.convalidated, k.is_enforced, k.is_period, k.connoinherit,
      k.coninhcount, k.sets_some, k.confrelid ${NE} 0, own.name, k.confkey,
      case when own.oid is null and k.confrelid ${NE} 0 then (
        select pg_catalog.json_build_array(place.nspname, target.relname, ${columnNames('k.confrelid', 'k.confkey')})
        from pg_catalog.pg_class target join pg_catalog.pg_namespace place on place.oid ${EQ} target.relnamespace
        where target.oid ${EQ} k.confrelid) end,
      k.confdeltype, k.confupdtype, k.confmatchtype, c.id)::pg_catalog.text`;

/**
 * The checks: equal trees over columns of equal names are one, which the server writes down once. It opens a table for
 * it, and waits where somebody has locked that one: another one of the same check is as good.
 */
function checks(waits: boolean): string {
  const free = `pg_catalog.min(k.check_oid) filter (where not exists (select from locked where locked.oid ${EQ} k.relation))`;
  return `checks as materialized (
  select tree, tree_columns, pg_catalog.row_number() over () as id,
    ${waits ? `coalesce(${free}, pg_catalog.min(k.check_oid))` : free} as representative
  from constraints k where tree is not null group by tree, tree_columns
)`;
}

/** The constraints of each table; a check ends with the number of its text. */
export function constraints(waits: boolean): string {
  return `${CONSTRAINT}, ${checks(waits)}, keys as materialized (
  select k.relation, pg_catalog.string_agg(${SHOWN}, '' order by k.conname, k.contype) as shown
  from constraints k left join checks c on c.tree ${EQ} k.tree and c.tree_columns ${EQ} k.tree_columns
    left join rel own on own.oid ${EQ} k.confrelid and own.home ${EQ} k.home
  group by k.relation
)`;
}

/** The texts of the checks: `[number, text]` each. */
export const CHECK_TEXTS = `select pg_catalog.json_agg(pg_catalog.json_build_array(checks.id,
    (select pg_catalog.pg_get_expr(k.conbin, k.conrelid) from pg_catalog.pg_constraint k where k.oid ${EQ} checks.representative)))
  from checks`;

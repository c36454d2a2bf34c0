import { EQ, GT, NE } from '../sql/qualified-sql';
import { bit, json, numbers, words } from './catalogs';

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
  select rel.oid as relation, k.*
  from rel cross join (select true as conenforced, false as conperiod, null::smallint[] as confdelsetcols) older
  cross join lateral (
    select k.conname, k.contype, k.conkey, k.conbin, k.oid as check_oid,
      case when k.contype ${EQ} 'c'::pg_catalog."char" then k.conbin::pg_catalog.text end as tree,
      case when k.contype ${EQ} 'c'::pg_catalog."char" then ${CHECKED_COLUMNS} end as tree_columns,
      pg_catalog.concat('[', ${json('k.conname::pg_catalog.text')}, ',"', k.contype, '",', ${numbers('k.conkey')}, ',',
        ${words({
          deferred: 'k.condeferred',
          deferrable: 'k.condeferrable and not k.condeferred',
          'not validated': 'not k.convalidated and conenforced',
          'not enforced': 'not conenforced',
          'without overlaps': 'conperiod',
          'no inherit': `k.connoinherit and k.contype ${EQ} any ('{c,n}'::pg_catalog."char"[])`,
          inherited: `k.coninhcount ${GT} 0`,
          'sets some columns': 'confdelsetcols is not null',
        })}, ',',
        case when k.confrelid ${EQ} 0 then 'null' else (
          select pg_catalog.concat('[', case when target.relnamespace ${EQ} rel.home then 'null' else ${json('place.nspname::pg_catalog.text')}::pg_catalog.text end, ',',
            ${json('target.relname::pg_catalog.text')}, ',',
            case when target.relnamespace ${EQ} rel.home then ${numbers('k.confkey')} else ${columnNames('k.confrelid', 'k.confkey')}::pg_catalog.text end,
            ',"', k.confdeltype, '","', k.confupdtype, '","', k.confmatchtype, '"]')
          from pg_catalog.pg_class target join pg_catalog.pg_namespace place on place.oid ${EQ} target.relnamespace
          where target.oid ${EQ} k.confrelid) end) as shown
    from pg_catalog.pg_constraint k
    where k.conrelid ${EQ} rel.oid and k.contype ${NE} 't'::pg_catalog."char"
      and (k.contype ${NE} 'n'::pg_catalog."char" or not k.convalidated or not conenforced or k.connoinherit)
    offset 0) k
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
  from constraints k where tree is not null group by tree, tree_columns
)`;
}

/** The constraints of each table, as a JSON text; a check ends with the number of its text. */
export function constraints(waits: boolean): string {
  return `${CONSTRAINT}, ${checks(waits)}, keys as materialized (
  select k.relation, pg_catalog.string_agg(pg_catalog.concat(k.shown, ',', coalesce(c.id::pg_catalog.text, 'null'), ']'), ',' order by k.conname, k.contype) as shown
  from constraints k left join checks c on c.tree ${EQ} k.tree and c.tree_columns ${EQ} k.tree_columns
  group by k.relation
)`;
}

/** The texts of the checks: `[number, text]` each. */
export const CHECK_TEXTS = `select pg_catalog.json_agg(pg_catalog.json_build_array(checks.id,
    (select pg_catalog.pg_get_expr(k.conbin, k.conrelid) from pg_catalog.pg_constraint k where k.oid ${EQ} checks.representative)))
  from checks`;

/** Indexes, as a JSON text. A key's or a unique constraint's has the name of its constraint. */
export const INDEXES = `index_of as materialized (
  select rel.oid as relation, i.*
  from rel cross join (select false as indnullsnotdistinct) older
  cross join lateral (
    select c.relname, i.indclass, i.indcollation, pg_catalog.concat('[', ${json('c.relname::pg_catalog.text')}, ',',
        case when c.relam ${EQ} 403 then '"btree"' else (select ${json('m.amname::pg_catalog.text')}::pg_catalog.text from pg_catalog.pg_am m where m.oid ${EQ} c.relam) end, ',', ${bit('i.indisunique')}, ',',
        ${bit('i.indisvalid and i.indisready and i.indislive')}, ',', ${numbers('i.indkey')}, ',', i.indnkeyatts, ',', ${numbers('i.indoption')}, ',',
        ${numbers('i.indclass')}, ',', ${numbers('i.indcollation')}, ',',
        ${words({
          'on an expression': 'i.indexprs is not null',
          partial: 'i.indpred is not null',
          'nulls not distinct': 'indnullsnotdistinct',
          'replica identity': 'i.indisreplident',
          clustered: 'i.indisclustered',
          options: 'c.reloptions is not null',
          tablespace: `c.reltablespace ${NE} 0`,
          partitioned: `c.relkind ${EQ} 'I'::pg_catalog."char"`,
          inherited: 'c.relispartition',
        })}, ']') as shown
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid ${EQ} i.indexrelid
    where i.indrelid ${EQ} rel.oid
    offset 0) i
), indexes as materialized (
  select relation, pg_catalog.string_agg(shown, ',' order by relname) as shown from index_of group by relation
)`;

/** The operator classes that are used: `[oid, name, whether it is the default of its type]` each. */
export const OPERATOR_CLASSES = `select pg_catalog.json_agg(pg_catalog.json_build_array(o.oid::bigint, o.opcname, o.opcdefault))
  from pg_catalog.pg_opclass o join (select distinct pg_catalog.unnest(indclass::pg_catalog.oid[]) as oid from index_of) used on used.oid ${EQ} o.oid`;

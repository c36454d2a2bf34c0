import { EQ, GT } from '../sql/qualified-sql';

/** Each index of a table, and the texts of its trees, where it has some. */
const INDEX = `index_of as materialized (
  select rel.oid as relation, i.*
  from rel cross join (select false as indnullsnotdistinct) older
  cross join lateral (
    select c.relname, c.relam, c.reloptions, c.reltablespace, c.relkind, c.relispartition, i.indexrelid, i.indisunique,
      i.indisvalid and i.indisready and i.indislive as is_valid, i.indkey, i.indnkeyatts, i.indoption, i.indclass, i.indcollation,
      indnullsnotdistinct as are_nulls_alike, i.indisreplident, i.indisclustered,
      i.indexprs::pg_catalog.text as expressions, i.indpred::pg_catalog.text as predicate
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid ${EQ} i.indexrelid
    where i.indrelid ${EQ} rel.oid
    offset 0) i
)`;

/** A record for each index. A key's or a unique constraint's has the name of its constraint. */
const SHOWN = `(i.relname, i.relam, i.indisunique, i.is_valid, i.indkey, i.indnkeyatts, i.indoption, i.indclass, i.indcollation,
      i.expressions is not null, i.predicate is not null, i.are_nulls_alike, i.indisreplident, i.indisclustered, i.reloptions,
      i.reltablespace, i.relkind, i.relispartition, x.id)::pg_catalog.text`;

/**
 * What indexes are over that is not a column, and which rows they have: equal trees over columns of equal names are one,
 * which the server writes down once, as with checks.
 */
function texts(waits: boolean): string {
  const free = `pg_catalog.min(t.indexrelid) filter (where not exists (select from locked where locked.oid ${EQ} t.relation))`;
  return `index_tree as materialized (
  select i.relation, i.indexrelid, pg_catalog.concat(i.expressions, ' ', i.predicate) as tree,
    (select pg_catalog.json_agg(a.attname order by a.attnum)::pg_catalog.text from pg_catalog.pg_attribute a
      where a.attrelid ${EQ} i.relation and a.attnum ${GT} 0) as names
  from index_of i where i.expressions is not null or i.predicate is not null
), index_texts as materialized (
  select tree, names, pg_catalog.row_number() over () as id,
    ${waits ? `coalesce(${free}, pg_catalog.min(t.indexrelid))` : free} as representative
  from index_tree t group by tree, names
)`;
}

/** The indexes of each table; one with an expression or a condition ends with the number of its texts. */
export function indexes(waits: boolean): string {
  return `${INDEX}, ${texts(waits)}, indexes as materialized (
  select i.relation, pg_catalog.string_agg(${SHOWN}, '' order by i.relname) as shown
  from index_of i left join index_tree t on t.indexrelid ${EQ} i.indexrelid
    left join index_texts x on x.tree ${EQ} t.tree and x.names ${EQ} t.names
  group by i.relation
)`;
}

/** The texts of the indexes: `[number, expressions, condition]` each. */
export const INDEX_TEXTS = `select pg_catalog.json_agg(pg_catalog.json_build_array(x.id,
    (select pg_catalog.pg_get_expr(i.indexprs, i.indrelid) from pg_catalog.pg_index i where i.indexrelid ${EQ} x.representative),
    (select pg_catalog.pg_get_expr(i.indpred, i.indrelid) from pg_catalog.pg_index i where i.indexrelid ${EQ} x.representative)))
  from index_texts x`;

/** The operator classes that are used: `[oid, name, whether it is the default of its type]` each; another schema's is qualified. */
export const OPERATOR_CLASSES = `select pg_catalog.json_agg(pg_catalog.json_build_array(o.oid::bigint,
    case when o.opcnamespace ${EQ} 'pg_catalog'::pg_catalog.regnamespace then o.opcname::pg_catalog.text else pg_catalog.concat(n.nspname, '.', o.opcname) end, o.opcdefault))
  from pg_catalog.pg_opclass o join pg_catalog.pg_namespace n on n.oid ${EQ} o.opcnamespace
    join (select distinct pg_catalog.unnest(indclass::pg_catalog.oid[]) as oid from index_of) used on used.oid ${EQ} o.oid`;

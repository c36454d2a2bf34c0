import { EQ, GE, GT, IS_CONTAINED, LE, LT, NE } from '../sql/qualified-sql';
import { nameAsSeenFrom } from './catalogs';
import { DEFAULT_COLLATION, FIRST_NORMAL_OID } from './columns-sql';

const HAS_TREE = '(i.indexprs is not null or i.indpred is not null)';

const HAS_OWN_CLASS = `${FIRST_NORMAL_OID} ${LE} any (i.indclass::pg_catalog.oid[])`;

const IS_COLLATED = `not (i.indcollation::pg_catalog.oid[] ${IS_CONTAINED} '{0,${DEFAULT_COLLATION}}'::pg_catalog.oid[])`;

/** Operator classes that are none of PostgreSQL's own, in their places: `[name, qualified where another schema has it, whether it is the default of its type]`. */
const CLASSES = `select pg_catalog.json_agg(case when o.oid is not null then pg_catalog.json_build_array(${nameAsSeenFrom('c.relnamespace', 'o.opcnamespace', 'o.opcname')}, o.opcdefault) end order by u.place)
        from pg_catalog.unnest(i.indclass::pg_catalog.oid[]) with ordinality u(oid, place)
          left join pg_catalog.pg_opclass o on o.oid ${EQ} u.oid and o.oid ${GE} ${FIRST_NORMAL_OID}`;

const COLLATIONS = `select pg_catalog.json_agg(k.collname order by u.place)
        from pg_catalog.unnest(i.indcollation::pg_catalog.oid[]) with ordinality u(oid, place)
          left join pg_catalog.pg_collation k on k.oid ${EQ} u.oid`;

/** What few indexes have, as a record of its own. */
const RARE = `case when ${HAS_TREE} or indnullsnotdistinct or i.indisreplident or i.indisclustered or c.reloptions is not null
        or c.reltablespace ${NE} 0 or c.relkind ${NE} 'i'::pg_catalog."char" or c.relispartition or ${HAS_OWN_CLASS} or ${IS_COLLATED}
      then (i.indexprs is not null, i.indpred is not null, indnullsnotdistinct, i.indisreplident, i.indisclustered, c.reloptions,
        c.reltablespace, c.relkind, c.relispartition, case when ${HAS_OWN_CLASS} then (${CLASSES}) end,
        case when ${IS_COLLATED} then (${COLLATIONS}) end)::pg_catalog.text end`;

/** A record for an index. A key's or a unique constraint's has the name of its constraint. */
function shown(text: string): string {
  return `(c.relname, c.relam, i.indisunique, i.indisvalid and i.indisready and i.indislive, i.indkey, i.indnkeyatts,
      i.indoption, i.indclass, i.indcollation, ${text}, ${RARE})::pg_catalog.text`;
}

/** A column that an older server lacks is taken from beside the catalog: its name is looked up there only where the catalog has none. */
const OLDER = 'cross join (select false as indnullsnotdistinct) older';

/** The indexes of each table over columns alone, and the oids of the others. */
const PLAIN = `plain_indexes as materialized (
  select rel.oid as relation, i.shown, i.others
  from rel ${OLDER} cross join lateral (
    select pg_catalog.string_agg(${shown('null')}, '' order by c.relname) filter (where not ${HAS_TREE}) as shown, pg_catalog.array_agg(i.indexrelid) filter (where ${HAS_TREE}) as others
    from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid ${EQ} i.indexrelid
    where i.indrelid ${EQ} rel.oid
    offset 0) i
)`;

/**
 * What the others are over that is not a column, and which rows they have: equal trees over columns of equal names are
 * one, which the server writes down once, as with checks.
 */
function texts(waits: boolean): string {
  const free = `pg_catalog.min(t.indexrelid) filter (where not exists (select from locked where locked.oid ${EQ} t.relation))`;
  return `index_tree as materialized (
  select p.relation, i.*
  from plain_indexes p cross join lateral pg_catalog.unnest(p.others) other cross join lateral (
    select i.indexrelid, pg_catalog.concat(i.indexprs::pg_catalog.text, ' ', i.indpred::pg_catalog.text) as tree,
      (select pg_catalog.json_agg(a.attname order by a.attnum)::pg_catalog.text from pg_catalog.pg_attribute a
        where a.attrelid ${EQ} i.indrelid and a.attnum ${GT} 0) as names
    from pg_catalog.pg_index i where i.indexrelid ${EQ} other offset 0) i
), index_texts as materialized (
  select tree, names, pg_catalog.row_number() over () as id,
    ${waits ? `coalesce(${free}, pg_catalog.min(t.indexrelid))` : free} as representative
  from index_tree t group by tree, names
)`;
}

/** The indexes of each table; one with an expression or a condition has the number of its texts. */
export function indexes(waits: boolean): string {
  return `${PLAIN}, ${texts(waits)}, other_indexes as materialized (
  select t.relation, pg_catalog.string_agg(i.shown, '' order by i.relname) as shown
  from (select t.relation, t.indexrelid, x.id from index_tree t join index_texts x on x.tree ${EQ} t.tree and x.names ${EQ} t.names) t ${OLDER}
    cross join lateral (
      select c.relname, ${shown('t.id')} as shown from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid ${EQ} i.indexrelid
      where i.indexrelid ${EQ} t.indexrelid offset 0) i
  group by t.relation
), indexes as (
  select p.relation, pg_catalog.concat(p.shown, o.shown) as shown
  from plain_indexes p left join other_indexes o on o.relation ${EQ} p.relation
)`;
}

/** The texts of the indexes: `[number, expressions, condition]` each. */
export const INDEX_TEXTS = `select pg_catalog.json_agg(pg_catalog.json_build_array(x.id,
    (select pg_catalog.pg_get_expr(i.indexprs, i.indrelid) from pg_catalog.pg_index i where i.indexrelid ${EQ} x.representative),
    (select pg_catalog.pg_get_expr(i.indpred, i.indrelid) from pg_catalog.pg_index i where i.indexrelid ${EQ} x.representative)))
  from index_texts x`;

/** PostgreSQL's own operator classes: `[oid, name, whether it is the default of its type]` each. */
export const OPERATOR_CLASSES = `select pg_catalog.json_agg(pg_catalog.json_build_array(o.oid::bigint, o.opcname, o.opcdefault))
  from pg_catalog.pg_opclass o where o.oid ${LT} ${FIRST_NORMAL_OID}`;

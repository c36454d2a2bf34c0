import { EQ, GE, GT, LT, NE } from '../sql/qualified-sql';
import { catalog, nameAsSeenFrom } from './catalogs';

/** Oids below are PostgreSQL's own objects, the same in every database of a version (access/transam.h). */
export const FIRST_NORMAL_OID = 16384;

/** pg_collation's `default`. */
export const DEFAULT_COLLATION = 100;

/** A sequence in a default is a constant oid, whose text has the schema's name: the catalog has the object itself. */
const SEQUENCES = `select pg_catalog.string_agg(${nameAsSeenFrom('rel.home', 's.relnamespace', 's.relname')}, ', ' order by s.oid)
        from pg_catalog.pg_depend needs join pg_catalog.pg_class s on s.oid ${EQ} needs.refobjid and s.relkind ${EQ} 'S'::pg_catalog."char"
        where needs.classid ${EQ} ${catalog('pg_attrdef')} and needs.objid ${EQ} d.oid and needs.refclassid ${EQ} ${catalog('pg_class')}`;

/** The name of a type that is none of PostgreSQL's own, whose number is another one for each tenant. */
const OWN_TYPE = `select ${nameAsSeenFrom('rel.home', 't.typnamespace', 't.typname')} from pg_catalog.pg_type t where t.oid ${EQ} a.atttypid`;

/** An empty text, which no default is, where the server can't write it down. */
const DEFAULT = `case when d.oid is not null and a.attgenerated ${EQ} ''::pg_catalog."char" then coalesce(pg_catalog.pg_get_expr(d.adbin, 0), '') end`;

/** What few columns have, as a record of its own: each part of a record costs as much where it says nothing. */
const RARE = `case when a.attidentity ${NE} ''::pg_catalog."char" or a.attgenerated ${NE} ''::pg_catalog."char" or a.attinhcount ${NE} 0
        or a.attcompression ${NE} ''::pg_catalog."char" or a.attstattarget ${GE} 0 or a.attoptions is not null
        or a.attcollation ${NE} 0 and a.attcollation ${NE} ${DEFAULT_COLLATION}
        then (a.attidentity, a.attgenerated, a.attinhcount, a.attcompression, a.attstattarget, a.attoptions,
          (select c.collname from pg_catalog.pg_collation c where c.oid ${EQ} a.attcollation))::pg_catalog.text end`;

/**
 * The columns of each table, a record each. As the server writes a record: several times cheaper than JSON. A default is
 * deparsed without its table: PostgreSQL would open that one, wait for its lock, and keep it in memory.
 */
export const COLUMNS = `columns as materialized (
  select rel.oid as relation, a.shown
  from rel cross join lateral (
    select pg_catalog.string_agg((
      a.attnum, a.attname, case when a.atttypid ${LT} ${FIRST_NORMAL_OID} then a.atttypid end,
      case when a.atttypid ${GE} ${FIRST_NORMAL_OID} then (${OWN_TYPE}) end, a.atttypmod, a.attnotnull,
      a.attcollation, a.attstorage, ${DEFAULT},
      case when pg_catalog.strpos(d.adbin::pg_catalog.text, ':consttype 2205 ') ${GT} 0 then (${SEQUENCES}) end, ${RARE}
      )::pg_catalog.text, '' order by a.attnum) as shown
    from pg_catalog.pg_attribute a
      left join pg_catalog.pg_attrdef d on d.adrelid ${EQ} a.attrelid and d.adnum ${EQ} a.attnum and a.atthasdef
    where a.attrelid ${EQ} rel.oid and a.attnum ${GT} 0 and not a.attisdropped
    offset 0) a
  where rel.kind ${EQ} any ('{r,p}'::pg_catalog."char"[])
)`;

/** PostgreSQL's own types but for those of its tables, and the access methods, by their oids. */
export const DICTIONARIES = {
  types: `select pg_catalog.json_agg(pg_catalog.json_build_array(t.oid::bigint, pg_catalog.format_type(t.oid, null), t.typcollation::bigint, t.typstorage))
    from pg_catalog.pg_type t where t.oid ${LT} ${FIRST_NORMAL_OID} and t.typrelid ${EQ} 0`,
  methods: 'select pg_catalog.json_agg(pg_catalog.json_build_array(m.oid::bigint, m.amname)) from pg_catalog.pg_am m',
};

import { catalogOid } from '../run/failures/dependents';
import { EQ, GT, LE, LT, PLUS } from '../sql/qualified-sql';

/** Where a pass over the objects of a schema continues: after an object of this rank and oid. */
export interface Place {
  readonly rank: number;
  readonly oid: string;
}

/** Before everything. */
export const START: Place = { rank: -1, oid: '0' };

/** The most objects of a batch; their locks may allow fewer. */
const MAX_OBJECTS = 400;

/** The most locks of a batch: as many as 100 tables with a few keys each need. */
const MAX_LOCKS = 800;

/** The catalogs of objects that can be dropped from a schema; of pg_class, those that are not part of another. */
const CATALOGS = [
  ...['pg_class', 'pg_proc', 'pg_type', 'pg_operator', 'pg_opclass', 'pg_opfamily', 'pg_collation', 'pg_conversion'],
  ...['pg_statistic_ext', 'pg_ts_config', 'pg_ts_dict', 'pg_ts_parser', 'pg_ts_template'],
];

/** Citus hides the shards on its coordinator: they would count as outside. This shows them, in this transaction. */
export const SHOW_SHARDS = "perform pg_catalog.set_config('citus.override_table_visibility', 'off', true);";

/**
 * Newest first, views before tables before the rest: a dependent object was usually created later. Parents of
 * partitions and children are left out, since dropping a table with all its partitions at once may need more locks
 * than there are; so are objects that are part of another. With the limit of one, the server looks each relation up
 * instead of reading all of pg_class. On Citus, shards are left out: they go with their tables.
 */
export function members({ rank, oid }: Place, onlyOne: boolean, isOnCitus = false): string {
  const own = isOnCitus ? '\n            and pg_catalog.relation_is_a_known_shard(r.oid) is not true' : '';
  const maxObjects = onlyOne ? 1 : MAX_OBJECTS;
  const catalogs = CATALOGS.map((catalog) => `${catalogOid(catalog)}::pg_catalog.oid`).join(', ');
  const isKind = (kinds: string): string => `r.relkind ${EQ} any ('{${kinds}}'::pg_catalog."char"[])`;
  return `select classid, objid, rank, is_table, place ${EQ} 1
      or place ${LE} ${maxObjects} and running ${LE} ${MAX_LOCKS} and running ${LE} free as fits
    from (select *, pg_catalog.row_number() over following as place, pg_catalog.sum(locks) over following as running
      from (select *, (select pg_catalog.count(*) from pg_catalog.pg_depend needs
          where needs.refclassid ${EQ} next.classid and needs.refobjid ${EQ} next.objid) ${PLUS} 2 as locks
        from (select d.classid, d.objid, ranks.rank, ${isKind('r,p')} as is_table
          from pg_catalog.pg_depend d
            left join lateral (select c.oid, c.relkind from pg_catalog.pg_class c
              where d.classid ${EQ} ${catalogOid('pg_class')} and c.oid ${EQ} d.objid limit 1) r on true
            left join lateral (select case when r.oid is null or ${isKind('S')} then 2 when ${isKind('v,m')} then 0 else 1 end as rank) ranks on true
          where d.refclassid ${EQ} ${catalogOid('pg_namespace')} and d.refobjid ${EQ} home and d.objsubid ${EQ} 0
            and d.classid ${EQ} any (array[${catalogs}])${own}
            and (ranks.rank ${GT} ${rank}
              or ranks.rank ${EQ} ${rank} and d.objid ${LT} ${oid}::pg_catalog.oid)
            and not exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} r.oid)
            and not exists (select from pg_catalog.pg_depend o
              where o.classid ${EQ} d.classid and o.objid ${EQ} d.objid and o.objsubid ${EQ} 0
                and (o.deptype ${EQ} 'i'::pg_catalog."char"
                  or o.deptype ${EQ} 'a'::pg_catalog."char" and ${isKind('S')} and o.refclassid ${EQ} ${catalogOid('pg_class')}))
          order by ranks.rank, d.objid desc limit ${maxObjects + 1}) next) counted
      window following as (order by rank, objid desc)) summed
    order by place`;
}

/** The words of `drop` that differ from those of pg_identify_object. */
const WORDS: Readonly<Record<string, string>> = {
  function: 'routine',
  procedure: 'routine',
  aggregate: 'routine',
  'statistics object': 'statistics',
};

/** The word for a kind of object in `drop`. */
export function wordOf(type: string): string {
  const cases = Object.entries(WORDS).map(([kind, word]) => `when ${type} ${EQ} '${kind}' then '${word}'`);
  return `case ${cases.join(' ')} else ${type} end`;
}

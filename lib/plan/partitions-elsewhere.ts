import { tableOid } from '../sql/catalog-oids';
import { literal } from '../sql/literal';
import { qualified, type Identifier } from '../sql/identifier';
import { heldOnCitus, lockOf } from '../sql/own-lock';
import { CONCAT, EQ, NE } from '../sql/qualified-sql';
import { block, GUARD_STATES } from '../sql/server-check';
import type { Twofold } from '../sql/statement';

const PG_CLASS = "'pg_catalog.pg_class'::pg_catalog.regclass";

/**
 * A block that fails with the names of what `drop table` would drop silently in other schemas: partitions, at any level,
 * and statistics. Children that are no partitions and everything else in another schema make PostgreSQL refuse.
 *
 * Locks each level that can get a partition before it looks for those of the next. `pg_partition_tree` and
 * `pg_identify_object` see the catalog as it is now, at every isolation level. A role that owns the schema and not the
 * table can drop it, but not lock it in this way.
 */
export function refusePartitionsElsewhere(org: Identifier, table: Identifier): Twofold {
  return { sql: blockWith(org, table, lockOf), onCitus: blockWith(org, table, (name) => heldOnCitus(lockOf(name))) };
}

function blockWith(org: Identifier, table: Identifier, lock: (table: string) => string): string {
  const target = tableOid(org, table);
  return block(`declare
  target pg_catalog.regclass := ${target};
  locked pg_catalog.regclass[] := array[]::pg_catalog.regclass[];
  next pg_catalog.regclass := target;
  elsewhere pg_catalog.text;
begin
  begin
    ${lock(qualified(org, table))};
    loop
      locked := pg_catalog.array_append(locked, next);
      next := (select t.relid from pg_catalog.pg_partition_tree(target) t
        where not t.isleaf and t.relid ${NE} all (locked) order by t.level, t.relid limit 1);
      exit when next is null;
      execute pg_catalog.format('${lock('%s')}', (pg_catalog.pg_identify_object(${PG_CLASS}, next, 0)).identity);
    end loop;
  exception when insufficient_privilege then null;
  end;
  elsewhere := (select pg_catalog.json_agg(name order by name)::pg_catalog.text from (
    select i.type ${CONCAT} ' ' ${CONCAT} i.identity as name
    from pg_catalog.pg_partition_tree(target) t, pg_catalog.pg_identify_object(${PG_CLASS}, t.relid, 0) i
    where i.schema ${NE} pg_catalog.quote_ident(${literal(org)})
    union all
    select pg_catalog.concat('statistics object ', pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(s.stxname))
    from pg_catalog.pg_statistic_ext s join pg_catalog.pg_namespace n on n.oid ${EQ} s.stxnamespace
    where s.stxrelid ${EQ} target and n.nspname ${NE} ${literal(org)}
  ) named);
  if elsewhere is not null then
    raise exception using errcode = ${literal(GUARD_STATES.elsewhere)}, message = elsewhere, table = ${literal(table)};
  end if;
end`);
}

import { tableOid } from '../../sql/catalog-oids';
import type { Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { EQ } from '../../sql/qualified-sql';
import { block } from '../../sql/server-check';

/**
 * Gives the sequences that a column owns its new type: PostgreSQL does so for an identity, and leaves that of a serial,
 * which would then end at the largest number of the old type.
 */
export function retypeSequences(org: Identifier, table: Identifier, column: Identifier, type: string): string {
  return block(`declare
  owned pg_catalog.record;
begin
  for owned in
    select n.nspname, s.relname
    from pg_catalog.pg_depend d
      join pg_catalog.pg_class s on s.oid ${EQ} d.objid and s.relkind ${EQ} 'S'
      join pg_catalog.pg_namespace n on n.oid ${EQ} s.relnamespace
      join pg_catalog.pg_attribute a on a.attrelid ${EQ} d.refobjid and a.attnum ${EQ} d.refobjsubid
    where d.classid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass and d.refclassid ${EQ} 'pg_catalog.pg_class'::pg_catalog.regclass
      and d.refobjid ${EQ} ${tableOid(org, table)} and a.attname ${EQ} ${literal(column)}
      and d.deptype ${EQ} 'a'
  loop
    execute pg_catalog.format('alter sequence %I.%I as ${type}', owned.nspname, owned.relname);
  end loop;
end`);
}

import { tableOid } from '../../sql/catalog-oids';
import { block } from '../../sql/server-check';
import { derivedName, qualified, quoted, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { EQ, isOneOf, NE } from '../../sql/qualified-sql';

/**
 * The constraints and indexes that make a column unique by itself, found by what they do and not by their names: each
 * with its `name`, and whether it is a constraint, the primary key, valid, and the replica identity of the table.
 */
export function uniqueIndexes(relation: string, attnum: string): string {
  return `select coalesce(k.conname, i.relname)::pg_catalog.text as name, k.conname is not null as is_constraint,
      x.indisprimary as is_key, x.indisvalid as is_valid, x.indisreplident as is_identity
    from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid ${EQ} x.indexrelid
    left join pg_catalog.pg_constraint k on k.conindid ${EQ} x.indexrelid and k.conrelid ${EQ} x.indrelid
      and ${isOneOf('k.contype', '"char"', ["'u'", "'p'"])}
    where x.indrelid ${EQ} ${relation} and x.indisunique and x.indnkeyatts ${EQ} 1 and x.indkey[0] ${EQ} ${attnum}
      and x.indexprs is null and x.indpred is null`;
}

/** Drops those whose name is not the derived one, which the next statement drops. */
export function dropOtherUniqueIndexes(org: Identifier, table: Identifier, column: Identifier): string {
  const own = literal(derivedName('key', table, [column]));
  const relation = tableOid(org, table);
  const attnum = `(select attnum from pg_catalog.pg_attribute where attrelid ${EQ} ${relation} and attname ${EQ} ${literal(column)})`;
  return block(`declare
  found pg_catalog.record;
begin
  for found in ${uniqueIndexes(relation, attnum)}
  loop
    continue when found.is_key;
    if not found.is_constraint then
      execute pg_catalog.format('drop index ${quoted(org)}.%I', found.name);
    elsif found.name ${NE} ${own} then
      execute pg_catalog.format('alter table ${qualified(org, table)} drop constraint %I', found.name);
    end if;
  end loop;
end`);
}

import { tableOid } from '../sql/catalog-oids';
import { literal } from '../sql/literal';
import { quoted, type Identifier } from '../sql/identifier';
import { arraySql, CONTAINS, EQ, IS_CONTAINED } from '../sql/qualified-sql';
import { block } from '../sql/server-check';

/**
 * The foreign keys of a table over exactly these columns, by what they do and not by their names: each with its
 * `conname`. Those that came from a partitioned table are that table's.
 */
export function keysOnColumns(org: Identifier, table: Identifier, columns: readonly Identifier[]): string {
  const names = arraySql('text', columns.map(literal));
  return `select k.conname from pg_catalog.pg_constraint k
    cross join lateral (
      select pg_catalog.array_agg(a.attname::pg_catalog.text) as names from pg_catalog.pg_attribute a
      where a.attrelid ${EQ} k.conrelid and a.attnum ${EQ} any (k.conkey)
    ) own
    where k.conrelid ${EQ} ${tableOid(org, table)} and k.contype ${EQ} 'f'
      and k.conparentid ${EQ} 0 and own.names ${CONTAINS} ${names} and own.names ${IS_CONTAINED} ${names}`;
}

/** Drops all of them. A block, since only the catalog knows their names. */
export function dropKeysOnColumns(org: Identifier, table: Identifier, columns: readonly Identifier[]): string {
  return block(`declare
  found pg_catalog.record;
begin
  for found in ${keysOnColumns(org, table, columns)}
  loop
    execute pg_catalog.format('alter table ${quoted(org)}.${quoted(table)} drop constraint %I', found.conname);
  end loop;
end`);
}

import type { ForeignKey } from '../spec/model-spec';
import { settingNull, SET_NULL_REASON } from '../spec/set-null';
import { tableOid } from '../sql/catalog-oids';
import { qualified, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ, isOneOf } from '../sql/qualified-sql';
import { guard } from '../sql/server-check';

/** Whether a foreign key can set its columns to null. */
export function setsNull({ references }: ForeignKey): boolean {
  return settingNull(references).length > 0;
}

/**
 * Stops a foreign key that would set a column to null which is NOT NULL in the catalog: PostgreSQL accepts it, and then
 * refuses each delete. For the locked table of a key that exists already.
 */
export function setNullGuard(org: Identifier, table: Identifier, key: ForeignKey): readonly string[] {
  if (!setsNull(key)) return [];
  const found = `from pg_catalog.pg_attribute a where a.attrelid ${EQ} ${tableOid(org, table)}
    and ${isOneOf('a.attname::pg_catalog.text', 'text', key.columns.map(literal))} and a.attnotnull`;
  const names = `(select pg_catalog.string_agg(pg_catalog.concat('"', a.attname, '"'), ', ' order by a.attname) ${found})`;
  return [
    guard({
      kind: 'spec',
      at: { table, column: key.columns.length === 1 ? key.columns[0] : undefined },
      test: `select ${found}`,
      reason: `pg_catalog.concat(${names}, ${literal(` of ${qualified(org, table)} is not nullable. ${SET_NULL_REASON}`)})`,
    }),
  ];
}

import { guard } from '../../sql/server-check';
import { qualified, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { ownLock } from '../../sql/own-lock';
import type { KeysOf } from '../../plan/plan';
import { EQ, NE } from '../../sql/qualified-sql';

/**
 * Fails, under the table's lock, where a foreign key that is to be dropped refers to another schema, whether or not
 * the caller knew of it (`referencing`). Read again by {@link sharedKeyIn}.
 */
export function sharedKeyRefusal(org: Identifier, { table, column }: KeysOf): readonly string[] {
  const own = `pg_catalog.to_regclass(${literal(qualified(org, table))})`;
  const over =
    column === undefined
      ? ''
      : ` and exists (select from pg_catalog.pg_attribute a where a.attrelid ${EQ} k.conrelid and a.attname ${EQ} ${literal(column)} and a.attnum ${EQ} any (k.conkey))`;
  const keys = `from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid ${EQ} k.confrelid
    join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    where k.conrelid ${EQ} ${own} and k.contype ${EQ} 'f' and n.nspname ${NE} ${literal(org)}${over}`;
  const name = `pg_catalog.format('"%s"."%s"', n.nspname, c.relname)`;
  return [
    ownLock(org, table),
    guard({
      kind: 'hazard',
      test: `select ${keys}`,
      reason: `(select pg_catalog.json_build_object('shared', ${name}, 'table', ${literal(table)}::pg_catalog.text)::pg_catalog.text ${keys} limit 1)`,
    }),
  ];
}

/** The shared table, as it is quoted in SQL, and the table that refers to it. */
export function sharedKeyIn(message: string): readonly [string, string] {
  const { shared, table } = JSON.parse(message) as { readonly shared: string; readonly table: string };
  return [shared, table];
}

import { tableOid } from '../sql/catalog-oids';
import { qualified, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ, isOneOf, NE } from '../sql/qualified-sql';
import { guard } from '../sql/server-check';

/** The primary key of a table, by what it is and not by its name: a row of pg_index, or none. */
function keyOf(org: Identifier, table: Identifier): string {
  return `pg_catalog.pg_index x where x.indrelid ${EQ} ${tableOid(org, table)} and x.indisprimary`;
}

/** Fails if the table has a primary key: it can have one. */
export function hasKey(org: Identifier, table: Identifier): string {
  const columns = `(select pg_catalog.string_agg(pg_catalog.format('"%s"', a.attname), ', ' order by n.place)
      from (select x.indrelid, x.indkey from ${keyOf(org, table)}) k
      cross join pg_catalog.unnest(k.indkey::pg_catalog.int2[]) with ordinality n(attnum, place)
      join pg_catalog.pg_attribute a on a.attrelid ${EQ} k.indrelid and a.attnum ${EQ} n.attnum)`;
  return guard({
    kind: 'indexExists',
    at: { table },
    test: `select from ${keyOf(org, table)}`,
    reason: `pg_catalog.concat(${literal(`${qualified(org, table)} has a primary key already, over `)}, ${columns}, ${literal('. Drop it first (dropKey)')})`,
  });
}

/** Fails if a foreign key sets one of the columns to null, which would fail from now on. */
export function isSetToNull(org: Identifier, table: Identifier, columns: readonly Identifier[]): string {
  const keys = `from pg_catalog.pg_constraint k join pg_catalog.pg_attribute a on a.attrelid ${EQ} k.conrelid and a.attnum ${EQ} any (k.conkey)
    where k.conrelid ${EQ} ${tableOid(org, table)} and k.contype ${EQ} 'f' and (k.confdeltype ${EQ} 'n' or k.confupdtype ${EQ} 'n')
      and ${isOneOf('a.attname::pg_catalog.text', 'text', columns.map(literal))}`;
  return guard({
    kind: 'spec',
    at: { table },
    test: `select ${keys}`,
    reason: `pg_catalog.concat('A foreign key sets "', (select a.attname ${keys} order by 1 limit 1), ${literal('" to null when the row that it refers to is deleted, which a key cannot be. Change its SET NULL first')})`,
  });
}

/** Fails if the table has no primary key; or if what has its derived name is something else, which would be dropped. */
export function hasNoKey(org: Identifier, table: Identifier, name: Identifier): string {
  const model = qualified(org, table);
  const other = `select from pg_catalog.pg_constraint c where c.conrelid ${EQ} ${tableOid(org, table)} and c.contype ${NE} 'p' and c.conname ${EQ} ${literal(name)}`;
  return guard({
    kind: 'index',
    at: { table },
    test: `select where not exists (select from ${keyOf(org, table)}) or exists (${other})`,
    reason: `case when exists (${other}) then ${literal(`${model} has a constraint "${name}", the name of its key, which is something else`)}
      else ${literal(`${model} has no primary key`)} end`,
  });
}

/** Fails if updates and deletes are replicated by the key because somebody has said so. */
export function isIdentity(org: Identifier, table: Identifier): string {
  return guard({
    kind: 'identity',
    at: { table },
    test: `select from ${keyOf(org, table)} and x.indisreplident`,
    reason: literal(
      `The primary key of ${qualified(org, table)} is its replica identity: without it, updates and deletes fail once the table is published. Give the table another replica identity first`,
    ),
  });
}

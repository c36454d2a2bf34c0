import { tableOid } from '../../../sql/catalog-oids';
import { literal } from '../../../sql/literal';
import { EQ } from '../../../sql/qualified-sql';
import { choice, nameIn, type Retyping } from './retyping';

/** Over which of the two columns a foreign key is. */
export type KeysOver = 'old' | 'new';

/** A query: the foreign keys `k` of a column, and those of other tables, or of the same one, that refer to it. */
export function keyRows({ org, table, column, names }: Retyping, over: KeysOver, which: string): string {
  const relation = tableOid(org, table);
  const name = literal(over === 'old' ? column : names.column);
  const isOver = (of: string, key: string): string => `(${of} ${EQ} ${relation} and a.attnum ${EQ} any (${key}))`;
  return `select k.oid, k.conname, k.conrelid, k.conkey, k.confkey, k.confrelid, k.confmatchtype, k.confupdtype, k.confdeltype, k.condeferrable, k.condeferred,
      o.relname as own_table, s.nspname as own_schema, t.relname, n.nspname, pg_catalog.obj_description(k.oid, 'pg_constraint') as note
    from pg_catalog.pg_attribute a
      join pg_catalog.pg_constraint k on k.contype ${EQ} 'f' and k.conparentid ${EQ} 0 and (${isOver('k.conrelid', 'k.conkey')} or ${isOver('k.confrelid', 'k.confkey')})
      join pg_catalog.pg_class o on o.oid ${EQ} k.conrelid join pg_catalog.pg_namespace s on s.oid ${EQ} o.relnamespace
      join pg_catalog.pg_class t on t.oid ${EQ} k.confrelid join pg_catalog.pg_namespace n on n.oid ${EQ} t.relnamespace
    where a.attrelid ${EQ} ${relation} and a.attname ${EQ} ${name} and ${which}
    order by s.nspname, o.relname, k.conname`;
}

/** Parts of a statement about the table of a key `item`. */
export function inTable(action: string): string {
  return [`'alter table '`, nameIn('item.own_schema'), `'.'`, nameIn('item.own_table'), literal(` ${action}`)].join(
    ', ',
  );
}

/** Parts: ` foreign key …` of a key `item`, with another column in the place of one of the table. */
export function keySql(attnum: string, column: string): string {
  const columns = (relation: string, key: string): string => {
    const named = `case when ${relation} ${EQ} target and p.attnum ${EQ} ${attnum} then ${nameIn(literal(column))} else ${nameIn('a.attname')} end`;
    return `(select pg_catalog.string_agg(${named}, ', ' order by p.place) from pg_catalog.unnest(${key}) with ordinality p(attnum, place)
        join pg_catalog.pg_attribute a on a.attrelid ${EQ} ${relation} and a.attnum ${EQ} p.attnum)`;
  };
  const action = (what: string, type: string): string =>
    choice(`item.${type}`, {
      "'c'": `' on ${what} cascade'`,
      "'n'": `' on ${what} set null'`,
      "'r'": `' on ${what} restrict'`,
    });
  return [
    `' foreign key (', ${columns('item.conrelid', 'item.conkey')}, ') references '`,
    nameIn('item.nspname'),
    `'.', ${nameIn('item.relname')}, ' (', ${columns('item.confrelid', 'item.confkey')}, ')'`,
    choice('item.confmatchtype', { "'f'": `' match full'` }),
    action('update', 'confupdtype'),
    action('delete', 'confdeltype'),
    `case when item.condeferrable then ' deferrable' end, case when item.condeferred then ' initially deferred' end`,
  ].join(',\n      ');
}

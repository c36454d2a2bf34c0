import { literal } from '../../sql/literal';
import { EQ, OVER } from '../../sql/qualified-sql';

/** What the waits share: one table, by its quoted name, or several, by theirs as JSON. */
export type Shared = 'one' | 'several';

/**
 * A column that sets `lock_timeout` for the rest of the transaction. It counts for each lock anew, and a change that
 * waits for its second table keeps the readers of the first one waiting: so the waits share the time. A table with
 * partitions or children is as many relations, each of which is waited for in its turn.
 *
 * @param tables an expression: a text as {@link Shared} says
 * @param lockTimeoutMs an expression: a text of digits
 */
export function lockTimeoutShare(shared: Shared, tables: string, lockTimeoutMs: string): string {
  if (shared === 'several') return share(oidsOf(tables), lockTimeoutMs);
  // By far the most changes lock one table without partitions: they have nothing to share, and need not count. What
  // counts would be made ready all the same, each time, if it were no query of its own.
  const ofOne = `select ${share('select pg_catalog.to_regclass(%1$L)::pg_catalog.oid', '%2$L')}`;
  const values = [tables, lockTimeoutMs].map((value) => `${value}::pg_catalog.text`);
  return `case when exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} pg_catalog.to_regclass(${tables}))
    then pg_catalog.query_to_xml(pg_catalog.format(${[literal(ofOne), ...values].join(', ')}), false, false, '') end`;
}

/** @param named a query that gives the oid of each table */
function share(named: string, lockTimeoutMs: string): string {
  return setShare(`(with recursive tree(oid) as (${named} ${AND_PARTS}) ${COUNT})`, lockTimeoutMs);
}

/** Those of the tables that are there, whose names are JSON. */
export function oidsOf(tables: string): string {
  return `select pg_catalog.to_regclass(t.name)::pg_catalog.oid from pg_catalog.json_array_elements_text(${tables}::pg_catalog.json) t(name)`;
}

/** The recursive part of a tree: partitions and children. */
export const AND_PARTS = `union
    select i.inhrelid from tree join pg_catalog.pg_inherits i on i.inhparent ${EQ} tree.oid`;

export const COUNT = 'select pg_catalog.count(*) from tree';

/** @param waits an expression: among how many the time is shared */
export function setShare(waits: string, lockTimeoutMs: string): string {
  const shareMs = `greatest(1, ${lockTimeoutMs}::bigint ${OVER} greatest(1, ${waits}))`;
  return `pg_catalog.set_config('lock_timeout', pg_catalog.concat(${shareMs}, 'ms'), true)`;
}

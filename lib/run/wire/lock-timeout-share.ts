import { literal } from '../../sql/literal';
import { EQ, OVER } from '../../sql/qualified-sql';

/** The tables that share the timeout: one, by its quoted name, or several, by their names as JSON. */
export type Shared = 'one' | 'several';

/**
 * A column that sets `lock_timeout` for the rest of the transaction. The timeout applies to each lock separately, and
 * while a change waits for its second table, readers of the first one wait too: so the waits share the time. A table
 * with partitions or children counts as that many relations, each of which is waited for.
 *
 * @param tables an expression: a text as {@link Shared} says
 * @param lockTimeoutMs an expression: a text of digits
 */
export function lockTimeoutShare(shared: Shared, tables: string, lockTimeoutMs: string): string {
  if (shared === 'several') return share(oidsOf(tables), lockTimeoutMs);
  // Most changes lock one table without partitions, so there is nothing to share. The count is a query of its own, since
  // it would otherwise be planned each time.
  const ofOne = `select ${share('select pg_catalog.to_regclass(%1$L)::pg_catalog.oid', '%2$L')}`;
  const values = [tables, lockTimeoutMs].map((value) => `${value}::pg_catalog.text`);
  return `case when exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} pg_catalog.to_regclass(${tables}))
    then pg_catalog.query_to_xml(pg_catalog.format(${[literal(ofOne), ...values].join(', ')}), false, false, '') end`;
}

/** @param named a query that returns the oid of each table */
function share(named: string, lockTimeoutMs: string): string {
  return setShare(`(with recursive tree(oid) as (${named} ${AND_PARTS}) ${COUNT})`, lockTimeoutMs);
}

/** The existing ones among the tables whose names are JSON. */
export function oidsOf(tables: string): string {
  return `select pg_catalog.to_regclass(t.name)::pg_catalog.oid from pg_catalog.json_array_elements_text(${tables}::pg_catalog.json) t(name)`;
}

/** The recursive part of a tree: partitions and children. */
export const AND_PARTS = `union
    select i.inhrelid from tree join pg_catalog.pg_inherits i on i.inhparent ${EQ} tree.oid`;

export const COUNT = 'select pg_catalog.count(*) from tree';

/** @param waits an expression: the number of waits that share the time */
export function setShare(waits: string, lockTimeoutMs: string): string {
  const shareMs = `greatest(1, ${lockTimeoutMs}::bigint ${OVER} greatest(1, ${waits}))`;
  return `pg_catalog.set_config('lock_timeout', pg_catalog.concat(${shareMs}, 'ms'), true)`;
}

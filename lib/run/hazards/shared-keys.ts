import { guard } from '../../sql/server-check';
import { PG_CLASS, PG_CONSTRAINT, tableOid } from '../../sql/catalog-oids';
import type { Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { ownLock } from '../../sql/own-lock';
import type { KeysOf } from '../../plan/plan';
import { EQ, NE } from '../../sql/qualified-sql';

/**
 * Fails, under the table's lock, if a foreign key that will be dropped refers to another schema, or belongs to one,
 * whether or not the caller listed it in `referencing`. {@link sharedKeyIn} reads the failure.
 */
export function sharedKeyRefusal(org: Identifier, { table, column, bothEnds = false }: KeysOf): readonly string[] {
  const own = tableOid(org, table);
  const keys = [keysOn('own', own, column), ...(bothEnds ? [keysOn('referred to', own, column)] : [])];
  const shared = `select pg_catalog.format('"%s"."%s"', n.nspname, c.relname) as name from (${keys.join(' union all ')}) k(oid)
    join pg_catalog.pg_class c on c.oid ${EQ} k.oid join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    where n.nspname ${NE} ${literal(org)}`;
  return [
    ownLock(org, table),
    guard({
      kind: 'hazard',
      at: { table, column },
      test: shared,
      reason: `(select pg_catalog.json_build_object('shared', s.name, 'table', ${literal(table)}::pg_catalog.text)::pg_catalog.text from (${shared}) s limit 1)`,
    }),
  ];
}

/** The tables at the other ends. */
function keysOn(end: 'own' | 'referred to', table: string, column: Identifier | undefined): string {
  const among = (numbers: string): string =>
    column === undefined
      ? ''
      : ` and exists (select from pg_catalog.pg_attribute a where a.attrelid ${EQ} ${table} and a.attname ${EQ} ${literal(column)} and a.attnum ${EQ} ${numbers})`;
  if (end === 'own')
    return `select k.confrelid from pg_catalog.pg_constraint k where k.conrelid ${EQ} ${table} and k.contype ${EQ} 'f'${among('any (k.conkey)')}`;
  return `select k.conrelid from pg_catalog.pg_depend d join pg_catalog.pg_constraint k on k.oid ${EQ} d.objid and k.confrelid ${EQ} d.refobjid
    where d.classid ${EQ} ${PG_CONSTRAINT} and d.refclassid ${EQ} ${PG_CLASS} and d.refobjid ${EQ} ${table} and k.contype ${EQ} 'f'${among('d.refobjsubid')}`;
}

/** The shared table, as quoted in SQL, and the table that refers to it. */
export function sharedKeyIn(message: string): readonly [string, string] {
  const { shared, table } = JSON.parse(message) as { readonly shared: string; readonly table: string };
  return [shared, table];
}

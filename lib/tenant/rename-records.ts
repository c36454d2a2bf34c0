import { RECORDS } from '../online/record';
import { ROLLOUT_TENANTS } from '../run/wire/ledger-row';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import { block, GUARD_STATES } from '../sql/server-check';

/**
 * Renames a tenant in the library's own tables, once its schema has the new name. Fails if an online change of it is
 * not finished: its stages, its lease and its triggers go by the name that the schema had when it was begun.
 */
export function renameRecords(from: Identifier, to: Identifier): string {
  return block(`declare
  unfinished pg_catalog.text;
begin
  if ${isThere('online_change')} then
    unfinished := (select c.relname from ${RECORDS} r join pg_catalog.pg_class c on c.oid ${EQ} r.table_oid
      join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace where n.nspname ${EQ} ${literal(to)} order by 1 limit 1);
    if unfinished is not null then
      raise exception using errcode = ${literal(GUARD_STATES.online)}, message = pg_catalog.format(
        'An online change of "%s"."%s" is not finished. Finish it with applyOnline, or take it back with abandonOnline, then rename the tenant',
        ${literal(from)}::pg_catalog.text, unfinished);
    end if;
  end if;
  if ${isThere('rollout_tenant')} then
    ${renameInLedger(from, to)}
  end if;
end`);
}

/** Without to_regclass, which fails where the role may not look into the schema. */
function isThere(table: string): string {
  return `exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    where n.nspname ${EQ} 'tenant_ddl' and c.relname ${EQ} ${literal(table)})`;
}

/**
 * What the ledger has under the new name is of a tenant that is gone, since its schema is: it gives way, or the renamed
 * tenant would count as changed by rollouts that it took no part in. A tenant's own list of changes names its schema in
 * its references; in the text of a JSON string, every quote has a backslash before it.
 */
function renameInLedger(from: Identifier, to: Identifier): string {
  const [before, after] = [from, to].map((org) => [`"schema":"${org}","table":`, `"operatorClass":"${org}.`]);
  const changes = [0, 1].reduce(
    (text, at) => `pg_catalog.replace(${text}, ${literal(before?.[at] ?? '')}, ${literal(after?.[at] ?? '')})`,
    't.changes',
  );
  return `update ${ROLLOUT_TENANTS} t set org = pg_catalog.concat(t.org, ' (gone, place ', t.place, ')'),
      outcome = case when t.outcome ${EQ} 'pending' then 'gone' else t.outcome end
    where t.org ${EQ} ${literal(to)};
    update ${ROLLOUT_TENANTS} t set org = ${literal(to)}, changes = ${changes},
      hash = case when t.changes is null then null
        else pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${changes}, 'UTF8')), 'hex') end
    where t.org ${EQ} ${literal(from)};`;
}

import type { Knex } from 'knex';
import { explained, failureAt } from '../migration/adapter/explain';
import { isMemory, send } from '../migration/adapter/send';
import type { ChangeResult } from '../migration/change';
import { MigrationError } from '../migration/errors';
import { execute } from '../migration/execute';
import { identifier, quoted, type Identifier } from '../migration/identifier';
import { literal } from '../migration/literal';
import type { ChangeOptions } from '../migration/options';
import { EQ, GT, isOneOf, NE } from '../migration/qualified-sql';
import { settingsOf } from '../migration/settings';
import { serverOf, type TenantDb } from './server';

/**
 * A table takes a lock for itself, its toast table and each index, and the server's lock table has room
 * for about 6,400 at default settings (manual 19.12, max_locks_per_transaction).
 */
const RELATIONS_A_BATCH = 100;

/** `confirm` has to repeat the org. */
export interface DropTenantOptions extends ChangeOptions {
  readonly confirm: string;
}

/**
 * Drops the schema of a tenant with all that is in it, in batches of tables, each a transaction of its own:
 * one `drop schema … cascade` over some thousand tables runs out of locks. When it fails half-way, what is
 * dropped stays dropped, and a second call goes on. Takes ACCESS EXCLUSIVE on each table.
 *
 * @param db a Knex, or a function from an org to its Knex; no transaction, since there are several
 * @throws MigrationError INVALID_SPEC where `confirm` is not the org, TENANT_NOT_FOUND, DEPENDENT_OBJECTS
 *   where something outside the schema needs what is in it, LOCK_TIMEOUT, …
 * @example
 * await dropTenant('acme-corp', knex, { confirm: 'acme-corp' });
 * // drop table "acme-corp"."invoice", "acme-corp"."customer" cascade
 * // drop schema "acme-corp" cascade
 */
export async function dropTenant(org: string, db: TenantDb, options: DropTenantOptions): Promise<ChangeResult> {
  const checkedOrg = identifier(org, 'org');
  const { confirm, ...changeOptions } = { ...options };
  const settings = settingsOf(changeOptions);
  if (confirm !== org)
    throw refused(org, `dropTenant deletes all data of "${org}": say so with { confirm: '${org}' }.`);
  const server = await serverOf(checkedOrg, db, 'dropTenant');
  if (isMemory(server)) throw refused(org, 'pg-mem can not drop a schema: begin each test with a new database.');

  await refuseDependents(checkedOrg, server);
  const startedAt = performance.now();
  const statements: string[] = [];
  for (;;) {
    const batch = await nextBatch(checkedOrg, server);
    if (batch.length === 0) break;
    if (batch.join() === statements.slice(-batch.length).join()) throw stuck(org, batch);
    await execute({ org: checkedOrg, statements: batch, subjects: [], lockWaits: 1, hazards: [] }, server, settings);
    statements.push(...batch);
  }
  const last = `drop schema ${quoted(checkedOrg)} cascade`;
  const subject = { message: 'DROP SCHEMA', fields: [], expectations: [], effects: [] };
  const { attempts } = await execute(
    { org: checkedOrg, statements: [last], subjects: [subject], lockWaits: 0, hazards: [] },
    server,
    settings,
  );
  const durationMs = Math.round(performance.now() - startedAt);
  return { org, changes: [], statements: [...statements, last], attempts, durationMs };
}

/** The same relations as before: whatever keeps them, asking again will not help. */
function stuck(org: string, batch: readonly string[]): MigrationError {
  return new MigrationError(`What is left of schema "${org}" does not drop: ${batch.join('; ')}.`, {
    code: 'DATABASE_ERROR',
    org,
  });
}

function refused(org: string, message: string): MigrationError {
  return new MigrationError(message, { code: 'INVALID_SPEC', org });
}

/** What `cascade` would take along from outside: nobody asked for that. */
async function refuseDependents(org: Identifier, server: Knex): Promise<void> {
  const [schema, dependents] = await asked(org, server, dependentsQuery(org));
  if (schema === null) throw explained(undefined, { code: 'TENANT_NOT_FOUND', retryScope: 'none', org });
  if (dependents === null || dependents === undefined) return;
  throw new MigrationError(`Outside of schema "${org}", others need what is in it: ${dependents}. Drop these first.`, {
    code: 'DEPENDENT_OBJECTS',
    org,
  });
}

/** The oid of a catalog, as `classid` has it. */
function catalog(name: string): string {
  return `'pg_catalog.${name}'::pg_catalog.regclass`;
}

/**
 * Follows pg_depend from the schema to all that would go with it. What belongs to another schema is named:
 * a foreign key, a view, a column of one of our types, a table that inherits; and an extension, always, since
 * other tenants' columns may be of its types.
 */
function dependentsQuery(org: Identifier): string {
  const schema = `pg_catalog.to_regnamespace(${literal(quoted(org))})`;
  return `with recursive gone(classid, objid, objsubid) as (
    select ${catalog('pg_namespace')}::pg_catalog.oid, ${schema}::pg_catalog.oid, 0
    union
    select d.classid, d.objid, d.objsubid from gone join pg_catalog.pg_depend d
      on d.refclassid ${EQ} gone.classid and d.refobjid ${EQ} gone.objid and (gone.objsubid ${EQ} 0 or d.refobjsubid ${EQ} gone.objsubid)),
  named as (
    select classid, objid, (address).type, (address).object_names as names
    from (select *, pg_catalog.pg_identify_object_as_address(classid, objid, objsubid) as address from gone) found
    where classid ${NE} ${catalog('pg_namespace')}),
  outside as (
    select pg_catalog.concat(case when type ${EQ} 'rule' then 'view' when type ${EQ} 'table constraint' then kind else type end, ' ',
      pg_catalog.array_to_string(case when type ${EQ} 'rule' then names[1:2] else names end, '.')) as name
    from named
      left join lateral (select case when contype ${EQ} 'f' then 'foreign key' else 'constraint' end as kind
        from pg_catalog.pg_constraint k where classid ${EQ} ${catalog('pg_constraint')} and k.oid ${EQ} objid) keys on true
    where ${isOneOf('type', 'text', ["'extension'", "'event trigger'"])}
      or classid ${EQ} ${catalog('pg_type')} and exists (select from pg_catalog.pg_type y
        join pg_catalog.pg_namespace n on n.oid ${EQ} y.typnamespace
        where y.oid ${EQ} objid and n.nspname ${NE} ${literal(org)} and n.nspname ${NE} 'pg_toast')
      or type ${NE} 'default acl' and pg_catalog.cardinality(names) ${GT} 1 and names[1] ${NE} ${literal(org)} and names[1] ${NE} 'pg_toast'
        and not exists (select from pg_catalog.pg_trigger g
          where classid ${EQ} ${catalog('pg_trigger')} and g.oid ${EQ} objid and g.tgisinternal))
  select ${schema}::pg_catalog.text as a, (select pg_catalog.string_agg(name, ', ' order by name) from (select distinct name from outside order by name limit 20) few) as b`;
}

/**
 * The statements that drop the next relations. The server quotes the names: others may have made tables
 * here, with names of their own. `if exists`, since `cascade` may have taken one along already.
 */
async function nextBatch(org: Identifier, server: Knex): Promise<readonly string[]> {
  const [batch] = await asked(org, server, batchQuery(org));
  return batch === null || batch === undefined ? [] : (JSON.parse(batch) as string[]);
}

function batchQuery(org: Identifier): string {
  return `with kinds(kind, words, place) as (values ('r', 'table', 1), ('p', 'table', 1), ('f', 'foreign table', 2),
    ('m', 'materialized view', 3), ('v', 'view', 4), ('S', 'sequence', 5)),
  batch as (
    select kinds.words, kinds.place, pg_catalog.format('%I.%I', n.nspname, c.relname) as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    join kinds on kinds.kind ${EQ} c.relkind::pg_catalog.text
    where n.nspname ${EQ} ${literal(org)} and not c.relispartition
    order by kinds.place, c.oid limit ${RELATIONS_A_BATCH}),
  statements as (
    select place, pg_catalog.format('drop %s if exists %s cascade', words, pg_catalog.string_agg(name, ', ')) as sql from batch group by place, words)
select pg_catalog.json_agg(sql order by place)::pg_catalog.text as a, null as b from statements`;
}

/** Two columns of text. */
async function asked(org: Identifier, server: Knex, query: string): Promise<readonly (string | null | undefined)[]> {
  try {
    const row = (await send(server, query))[0]?.rows?.[0] as Readonly<Record<'a' | 'b', string | null>> | undefined;
    return [row?.a, row?.b];
  } catch (error) {
    throw explained(error, failureAt(error, org));
  }
}

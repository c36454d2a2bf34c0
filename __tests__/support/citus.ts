// What the tests on Citus share: they need a coordinator with workers, and are skipped without one.
import { appendFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { EXAMPLE_MODELS } from '../../docs/examples';
import { createModels, createTenant, type Change } from '../../lib';
import { inSchemas } from './example-tables';
import type { ExampleSchemas } from './example-tables';
import { quiet } from './log';
import { freshOrg } from './postgres';
import { SKIPPED } from './rights';

/** A block of tests on Citus. */
export const onCitus: (name: string, tests: () => void) => void = process.env.CITUS_URL ? describe : skipped;

function skipped(name: string, tests: () => void): void {
  const reason = `${SKIPPED} CITUS_URL names no coordinator of a Citus cluster (docs/citus.md).`;
  if (process.env.TEST_SKIPS) appendFileSync(process.env.TEST_SKIPS, `${reason}\n`);
  describe.skip(name, tests);
}

/** Which Citus refuses. */
export function addsIdentity(change: Change): boolean {
  return change.kind === 'addField' && change.field.identity === true;
}

/** A schema with a table that is on every node, as a table that all tenants refer to has to be. */
export async function referenceTable(db: Knex): Promise<string> {
  const shared = freshOrg('shared');
  await db.transaction(async (trx) => {
    await trx.raw('set local citus.enable_schema_based_sharding = off');
    await trx.raw('create schema ??', [shared]);
    await trx.raw('create table ??.currency (code varchar(3) primary key)', [shared]);
    await trx.raw('select create_reference_table(?)', [`"${shared}".currency`]);
    await trx.raw("insert into ??.currency values ('EUR'), ('JPY'), ('USD')", [shared]);
  });
  return shared;
}

/** The tables of the examples in a schema of their own, with so many rows. */
export async function citusTables(db: Knex, shared: string, rows: number): Promise<ExampleSchemas> {
  const schemas = { org: freshOrg(), shared };
  const { org } = schemas;
  await createTenant(org, db, { logger: quiet });
  await createModels(org, inSchemas(EXAMPLE_MODELS, schemas), db, { logger: quiet, sharedSchemas: [shared] });
  await db.raw('insert into ??.customer select generate_series(1, ?::int)', [org, rows]);
  await db.raw(
    `insert into ??.invoice select n, n, 'c' || n, 'title ' || n, 'note', n, n,
       case n % 2 when 0 then 'draft' else 'sent' end, now(), null from generate_series(1, ?::int) n`,
    [org, rows],
  );
  await db.raw('insert into ??.line select n, 1 from generate_series(1, ?::int) n', [org, rows]);
  return schemas;
}

/** The columns, constraints and indexes of a table, whose name is in quotation marks, without their names. */
function shapeOf(table: string): string {
  return `select json_build_object(
    'columns', (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) order by a.attname)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped),
    'constraints', (select json_agg(json_build_array(contype, confdeltype, convalidated, columns) order by contype, columns)
      from (select *, (select array_agg(attname::text order by attname) from pg_attribute where attrelid = conrelid and attnum = any (conkey)) as columns
        from pg_constraint where conrelid = ${table}::regclass) k),
    'indexes', (select json_agg(json_build_array(indisunique, indisprimary, indisvalid, columns) order by indisunique, columns)
      from (select *, (select array_agg(attname::text order by attname) from pg_attribute where attrelid = indrelid and attnum = any (indkey::int2[])) as columns
        from pg_index where indrelid = ${table}::regclass) i))::text as shape`;
}

/** A table, and the node of its shard; undefined for one that is not distributed. */
export interface Placement {
  readonly table: string;
  readonly port: number | undefined;
}

/** Where the tables of a schema are. Each has on its shard what it has on the coordinator, or this fails. */
export async function placementsOf(db: Knex, org: string): Promise<readonly Placement[]> {
  const { rows } = await db.raw<{ rows: { table: string; name: string }[] }>(
    `select relname as table, format('%I.%I', n.nspname, relname) as name from pg_class c
     join pg_namespace n on n.oid = relnamespace where relkind = 'r' and n.nspname = ? order by 1`,
    [org],
  );
  const placements: Placement[] = [];
  for (const { table, name } of rows) {
    const own = await db.raw<{ rows: { shape: string }[] }>(shapeOf(`'${name}'`).replaceAll('?', '\\?'));
    const shards = await db.raw<{ rows: { nodeport: number; success: boolean; result: string }[] }>(
      'select * from run_command_on_placements(?, ?)',
      [name, shapeOf("'%1$s'")],
    );
    for (const { result } of shards.rows)
      expect({ [table]: JSON.parse(result) }).toEqual({ [table]: JSON.parse(own.rows[0]?.shape ?? '') });
    placements.push({ table, port: shards.rows[0]?.nodeport });
  }
  return placements;
}

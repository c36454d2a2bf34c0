// A tenant with a table that has rows, and what is left of online changes: without jest, for npm run chaos:online too.
import type { Knex } from 'knex';
import type { Change, FieldSpec, ModelSpec } from '../../lib';
import { createModels, createTenant } from '../../lib';
import { quiet } from './log';

export const ORG = 'acme-corp';

const FIELDS: readonly FieldSpec[] = [
  { name: 'id', type: 'Int' },
  { name: 'code', type: 'String' },
  { name: 'status', type: 'String' },
  { name: 'customer_id', type: 'Int' },
];

const MODELS: readonly ModelSpec[] = [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  { table: 'invoice', fields: FIELDS },
];

export async function createInvoices(db: Knex, org: string, rows: number): Promise<void> {
  await createTenant(org, db, { logger: quiet });
  await createModels(org, MODELS, db, { logger: quiet });
  await db.raw(`insert into ??.customer select g from generate_series(1, 10) g`, [org]);
  await db.raw(
    `insert into ??.invoice select g, 'c' || g, case when g % 2 = 0 then 'draft' else 'sent' end, 1 + g % 10 from generate_series(1, ?) g`,
    [org, rows],
  );
}

/** Every object of a schema by its definition, in the words of the catalog, but for the org's name. */
export async function schemaOf(db: Knex, org: string): Promise<string[]> {
  const { rows } = await db.raw(
    `with t as (select c.oid, c.relname from pg_class c where c.relnamespace = to_regnamespace(quote_ident(:org)) and c.relkind in ('r', 'p'))
     select concat_ws(' ', 'column', relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), col_description(t.oid, attnum)) as line
       from t join pg_attribute a on a.attrelid = t.oid left join pg_attrdef d on adrelid = t.oid and adnum = attnum where attnum > 0 and not attisdropped
     union all select concat_ws(' ', 'constraint', relname, conname, pg_get_constraintdef(k.oid), convalidated) from t join pg_constraint k on conrelid = t.oid
     union all select concat_ws(' ', 'index', i.relname, pg_get_indexdef(indexrelid), indisvalid, indisready) from t join pg_index x on indrelid = t.oid join pg_class i on i.oid = indexrelid
     union all select concat_ws(' ', 'trigger', relname, tgname) from t join pg_trigger g on tgrelid = t.oid where not tgisinternal
     union all select concat_ws(' ', 'function', proname) from pg_proc where pronamespace = to_regnamespace(quote_ident(:org))
     order by 1`,
    { org },
  );
  return rows.map(({ line }: { line: string }) => line.replaceAll(`"${org}"`, '<org>').replaceAll(org, '<org>'));
}

/** The online changes that were begun and not ended. */
export async function recordsOf(db: Knex): Promise<{ table: string; stage: number }[]> {
  const { rows } = await db.raw(`select table_name as "table", stage from tenant_ddl.online_change order by 1`);
  return rows;
}

/** A change of type of a field of the invoices. */
export function retype(column: string, from: object, set: object): Change {
  return { kind: 'alterField', table: 'invoice', column, from, set } as Change;
}

export function toBigInt(column: string, more: object = {}): Change {
  return retype(column, { type: 'Int' }, { type: 'BigInt', ...more });
}

/** Runs statements in which `??` is the org. */
export async function prepare(db: Knex, org: string, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await db.raw(sql.replaceAll('"??"', `"${org}"`).replaceAll('??', `"${org}"`));
}

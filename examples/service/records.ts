import type { Knex } from 'knex';
import type { ModelSpec } from 'tenant-ddl';
import { NotFound, Unprocessable } from './errors';
import { modelsOf } from './metadata';

const SHOWN = 100;

export async function records(org: string, table: string, db: Knex): Promise<readonly object[]> {
  const { fields } = await modelOf(org, table, db);
  const names = fields.map(({ name }) => name);
  return (await db(table).withSchema(org).select(names).orderBy('id', 'desc').limit(SHOWN)) as object[];
}

/** Values as they were typed: PostgreSQL reads them by the type of their column. An empty one is left to its default. */
export async function insertRecord(
  org: string,
  table: string,
  values: Readonly<Record<string, string>>,
  db: Knex,
): Promise<void> {
  const { fields } = await modelOf(org, table, db);
  const known = fields.map(({ name }) => name).filter((name) => values[name] !== undefined && values[name] !== '');
  try {
    await db(table)
      .withSchema(org)
      .insert(Object.fromEntries(known.map((name) => [name, values[name]])));
  } catch (error) {
    throw new Unprocessable(reasonOf(error));
  }
}

async function modelOf(org: string, table: string, db: Knex): Promise<ModelSpec> {
  const model = (await modelsOf(org, db)).find((each) => each.table === table);
  if (model === undefined) throw new NotFound(`There is no model ${table}.`);
  return model;
}

/** In words of our own: those of the server hold the value. */
function reasonOf(error: unknown): string {
  const { code = '', column } = error as { readonly code?: string; readonly column?: string };
  if (code === '23502') return `The field ${column} needs a value.`;
  if (code === '23505') return 'There is a record with this value already, and it has to be unique.';
  if (code.startsWith('22') || code.startsWith('23')) return 'A value does not fit the type of its field.';
  if (code.startsWith('42')) return 'The table is not what the metadata says. Look at the drift of this tenant.';
  throw error;
}

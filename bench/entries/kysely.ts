import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import type { CreateTableBuilder, Transaction } from 'kysely';
import pg from 'pg';
import {
  COLUMN,
  arranged,
  constraintName,
  indexName,
  isNotNull,
  keyOf,
  sqlCheck,
  sqlDefault,
  sqlText,
  sqlType,
} from '../models.ts';
import type { Arranged } from '../models.ts';
import { SET_LOCK_TIMEOUT } from '../sql.ts';
import type { Entry } from './entry.ts';

type Database = Record<string, Record<string, unknown>>;

export const kysely: Entry = {
  name: 'kysely',
  how: 'schema builder in a transaction',
  kind: 'peer',
  open: async ({ url, connections }) => {
    const pool = new pg.Pool({ connectionString: url, max: connections });
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
    return {
      provision: (org, models, { schema }) =>
        db.transaction().execute(async (trx) => {
          if (schema) await trx.schema.createSchema(org).execute();
          for (const plan of arranged(models)) await createTable(trx, org, plan);
          for (const plan of arranged(models)) await addLaterKeys(trx, org, plan);
        }),
      addColumn: (org, table) =>
        db.transaction().execute(async (trx) => {
          await trx.executeQuery(CompiledQuery.raw(SET_LOCK_TIMEOUT));
          await trx.schema
            .withSchema(org)
            .alterTable(table)
            .addColumn(COLUMN.name, `varchar(${COLUMN.length})`, (column) => column.defaultTo(COLUMN.default))
            .execute();
        }),
      dropColumn: (org, table) =>
        db.transaction().execute(async (trx) => {
          await trx.executeQuery(CompiledQuery.raw(SET_LOCK_TIMEOUT));
          await trx.schema.withSchema(org).alterTable(table).dropColumn(COLUMN.name).execute();
        }),
      close: () => db.destroy(),
    };
  },
};

async function createTable(trx: Transaction<Database>, org: string, { model, keys }: Arranged): Promise<void> {
  const { table, fields, indexes = [], comment } = model;
  const schema = trx.schema.withSchema(org);
  let builder: CreateTableBuilder<string, string> = schema.createTable(table);
  for (const field of fields) {
    builder = builder.addColumn(field.name, sql.raw(sqlType(field)), (column) => {
      const byDefault = sqlDefault(field);
      if (isNotNull(model, field)) column = column.notNull();
      if (byDefault !== undefined) column = column.defaultTo(sql.raw(byDefault));
      return field.unique === true ? column.unique() : column;
    });
    const check = sqlCheck(field);
    if (check !== undefined) {
      builder = builder.addCheckConstraint(constraintName(table, [field.name], 'check'), sql.raw(check));
    }
  }
  const key = keyOf(model);
  if (key.length > 0) builder = builder.addPrimaryKeyConstraint(constraintName(table, [], 'pkey'), [...key]);
  for (const { columns, references } of keys) {
    builder = builder.addForeignKeyConstraint(
      constraintName(table, columns, 'fkey'),
      [...columns],
      references.table,
      [...references.columns],
      (added) => added.onDelete(actions[references.onDelete]),
    );
  }
  await builder.execute();
  for (const index of indexes) {
    const { columns, unique } = index;
    const created = schema
      .createIndex(indexName(table, index))
      .on(table)
      .columns([...columns]);
    await (unique === true ? created.unique() : created).execute();
  }
  const on = sql.id(org, table);
  if (comment !== undefined) await sql`comment on table ${on} is ${sql.raw(sqlText(comment))}`.execute(trx);
  for (const { name, comment: text } of fields) {
    if (text !== undefined)
      await sql`comment on column ${on}.${sql.id(name)} is ${sql.raw(sqlText(text))}`.execute(trx);
  }
}

async function addLaterKeys(trx: Transaction<Database>, org: string, { model, laterKeys }: Arranged): Promise<void> {
  for (const { columns, references } of laterKeys) {
    await trx.schema
      .withSchema(org)
      .alterTable(model.table)
      .addForeignKeyConstraint(constraintName(model.table, columns, 'fkey'), [...columns], references.table, [
        ...references.columns,
      ])
      .onDelete(actions[references.onDelete])
      .execute();
  }
}

const actions = { CASCADE: 'cascade', 'SET NULL': 'set null', RESTRICT: 'restrict' } as const;

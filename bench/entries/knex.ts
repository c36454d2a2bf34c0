import knex from 'knex';
import type { Knex } from 'knex';
import { COLUMN, arranged, constraintName, indexName, isNotNull, keyOf, sqlCheck, sqlDefault } from '../models.ts';
import type { Arranged, Field, ForeignKey } from '../models.ts';
import { SESSION_LOCK_TIMEOUT, SET_LOCK_TIMEOUT } from '../sql.ts';
import type { Entry, OpenOptions, Session } from './entry.ts';

export function openKnex({ url, connections }: OpenOptions, pool: Knex.PoolConfig = {}): Knex {
  return knex({ client: 'pg', connection: url, pool: { min: 0, max: connections, ...pool } });
}

export const knexInTransaction: Entry = {
  name: 'knex',
  how: 'schema builder in a transaction',
  kind: 'peer',
  open: async (options): Promise<Session> => {
    const db = openKnex(options);
    return {
      provision: (org, models, { schema }) =>
        db.transaction(async (trx) => {
          if (schema) await trx.schema.createSchema(org);
          for (const plan of arranged(models)) await createTable(trx, org, plan);
          for (const plan of arranged(models)) await addLaterKeys(trx, org, plan);
        }),
      addColumn: (org, table) =>
        db.transaction(async (trx) => {
          await trx.raw(SET_LOCK_TIMEOUT);
          await addColumn(trx, org, table);
        }),
      dropColumn: (org, table) =>
        db.transaction(async (trx) => {
          await trx.raw(SET_LOCK_TIMEOUT);
          await dropColumn(trx, org, table);
        }),
      close: () => db.destroy(),
    };
  },
};

/** As common admin products do: nothing is undone when a later statement fails. */
export const knexWithoutTransaction: Entry = {
  name: 'knex, no transaction',
  how: 'schema builder, each statement alone; a lock timeout for the session',
  kind: 'peer',
  open: async (options) => {
    const afterCreate = (
      connection: { query(sql: string, done: (error?: Error) => void): void },
      done: (error?: Error) => void,
    ): void => connection.query(SESSION_LOCK_TIMEOUT, done);
    const db = openKnex(options, { afterCreate });
    return {
      provision: async (org, models, { schema }) => {
        if (schema) await db.schema.createSchema(org);
        for (const plan of arranged(models)) await createTable(db, org, plan);
        for (const plan of arranged(models)) await addLaterKeys(db, org, plan);
      },
      addColumn: (org, table) => addColumn(db, org, table),
      dropColumn: (org, table) => dropColumn(db, org, table),
      close: () => db.destroy(),
    };
  },
};

async function addColumn(db: Knex, org: string, table: string): Promise<void> {
  await db.schema.withSchema(org).alterTable(table, (alter) => {
    alter.string(COLUMN.name, COLUMN.length).defaultTo(COLUMN.default);
  });
}

async function dropColumn(db: Knex, org: string, table: string): Promise<void> {
  await db.schema.withSchema(org).alterTable(table, (alter) => {
    alter.dropColumn(COLUMN.name);
  });
}

async function createTable(db: Knex, org: string, { model, keys }: Arranged): Promise<void> {
  const { table, fields, indexes = [], comment } = model;
  await db.schema.withSchema(org).createTable(table, (builder) => {
    for (const field of fields) {
      const column = columnOf(builder, field);
      const byDefault = sqlDefault(field);
      if (isNotNull(model, field)) column.notNullable();
      if (byDefault !== undefined) column.defaultTo(db.raw(withoutQuestionMark(byDefault)));
      if (field.unique === true) column.unique();
      if (field.comment !== undefined) column.comment(field.comment.replaceAll("'", "''"));
      const check = sqlCheck(field);
      if (check !== undefined) builder.check(check, [], constraintName(table, [field.name], 'check'));
    }
    if (keyOf(model).length > 0) builder.primary([...keyOf(model)]);
    for (const index of indexes) {
      const { columns, unique } = index;
      const name = indexName(table, index);
      if (unique === true) builder.unique([...columns], { indexName: name, useConstraint: false });
      else builder.index([...columns], name);
    }
    for (const key of keys) addForeignKey(builder, table, key);
    if (comment !== undefined) builder.comment(comment.replaceAll("'", "''"));
  });
}

/** knex would number a question mark in a default as it does a binding. */
function withoutQuestionMark(text: string): string {
  return text.includes('?') ? `E${text.replaceAll('?', '\\x3f')}` : text;
}

async function addLaterKeys(db: Knex, org: string, { model, laterKeys }: Arranged): Promise<void> {
  if (laterKeys.length === 0) return;
  await db.schema.withSchema(org).alterTable(model.table, (builder) => {
    for (const key of laterKeys) addForeignKey(builder, model.table, key);
  });
}

function addForeignKey(builder: Knex.TableBuilder, table: string, { columns, references }: ForeignKey): void {
  builder
    .foreign([...columns], constraintName(table, columns, 'fkey'))
    .references([...references.columns])
    .inTable(`${references.schema}.${references.table}`)
    .onDelete(references.onDelete);
}

function columnOf(builder: Knex.CreateTableBuilder, field: Field): Knex.ColumnBuilder {
  const { name, type, length, precision, scale } = field;
  switch (type) {
    case 'String':
      return builder.string(name, length ?? 100);
    case 'Text':
    case 'Enum':
      return builder.text(name);
    case 'Int':
      return builder.integer(name);
    case 'BigInt':
      return builder.bigInteger(name);
    case 'Float':
      return builder.double(name);
    case 'Decimal':
      return precision === undefined ? builder.specificType(name, 'numeric') : builder.decimal(name, precision, scale);
    case 'Boolean':
      return builder.boolean(name);
    case 'DateTime':
      return builder.timestamp(name, { useTz: true });
    case 'Date':
      return builder.date(name);
    case 'Time':
      return builder.time(name);
    case 'Json':
      return builder.jsonb(name);
    case 'Uuid':
      return builder.uuid(name);
    case 'Bytes':
      return builder.binary(name);
  }
}

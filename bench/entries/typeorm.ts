import 'reflect-metadata';
import { DataSource, Table, TableCheck, TableColumn, TableForeignKey, TableIndex } from 'typeorm';
import type { QueryRunner } from 'typeorm';
import {
  COLUMN,
  arranged,
  constraintName,
  indexName,
  isNotNull,
  keyOf,
  sqlCheck,
  sqlDefault,
  sqlType,
} from '../models.ts';
import type { Arranged, ForeignKey } from '../models.ts';
import { SET_LOCK_TIMEOUT } from '../sql.ts';
import type { Entry, OpenOptions, Session } from './entry.ts';

/** With a `Table` object, nothing is looked up in the catalog. */
export const typeormByTable: Entry = {
  name: 'typeorm, Table object',
  how: 'QueryRunner with a Table object, in a transaction',
  kind: 'peer',
  open: async (options): Promise<Session> => {
    const { inTransaction, close } = await opened(options);
    return {
      provision: (org, models, { schema }) =>
        inTransaction(async (runner) => {
          if (schema) await runner.createSchema(org);
          for (const plan of arranged(models)) await createTable(runner, org, plan);
          for (const { model, laterKeys } of arranged(models)) {
            if (laterKeys.length === 0) continue;
            const table = new Table({ schema: org, name: `${org}.${model.table}` });
            await runner.createForeignKeys(
              table,
              laterKeys.map((key) => foreignKey(model.table, key)),
            );
          }
        }),
      addColumn: (org, table) =>
        inTransaction(async (runner) => {
          await runner.query(SET_LOCK_TIMEOUT);
          await runner.addColumn(new Table({ schema: org, name: `${org}.${table}` }), addedColumn());
        }),
      dropColumn: (org, table) =>
        inTransaction(async (runner) => {
          await runner.query(SET_LOCK_TIMEOUT);
          const column = addedColumn();
          const target = new Table({ schema: org, name: `${org}.${table}`, columns: [column] });
          await runner.dropColumn(target, column);
        }),
      close,
    };
  },
};

/** With the name of a table, as in most migrations: the table is read from the catalog first. */
export const typeormByName: Entry = {
  name: 'typeorm, table name',
  how: "QueryRunner with the table's name, in a transaction",
  kind: 'peer',
  open: async (options) => {
    const { inTransaction, close } = await opened(options);
    return {
      addColumn: (org, table) =>
        inTransaction(async (runner) => {
          await runner.query(SET_LOCK_TIMEOUT);
          await runner.addColumn(`${org}.${table}`, addedColumn());
        }),
      dropColumn: (org, table) =>
        inTransaction(async (runner) => {
          await runner.query(SET_LOCK_TIMEOUT);
          await runner.dropColumn(`${org}.${table}`, COLUMN.name);
        }),
      close,
    };
  },
};

async function opened({ url, connections }: OpenOptions): Promise<{
  inTransaction: (work: (runner: QueryRunner) => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
}> {
  const source = await new DataSource({ type: 'postgres', url, poolSize: connections }).initialize();
  return {
    inTransaction: async (work) => {
      const runner = source.createQueryRunner();
      try {
        await runner.startTransaction();
        await work(runner);
        await runner.commitTransaction();
      } finally {
        await runner.release();
      }
    },
    close: () => source.destroy(),
  };
}

function addedColumn(): TableColumn {
  const { name, length } = COLUMN;
  return new TableColumn({
    name,
    type: 'varchar',
    length: String(length),
    default: sqlDefault(COLUMN),
    isNullable: true,
  });
}

async function createTable(runner: QueryRunner, org: string, { model, keys }: Arranged): Promise<void> {
  const { table, fields, indexes = [], comment } = model;
  const checks = fields.flatMap((field) => {
    const expression = sqlCheck(field);
    const name = constraintName(table, [field.name], 'check');
    return expression === undefined ? [] : [new TableCheck({ name, columnNames: [field.name], expression })];
  });
  await runner.createTable(
    new Table({
      schema: org,
      name: `${org}.${table}`,
      ...(comment !== undefined && { comment }),
      columns: fields.map((field) => ({
        name: field.name,
        type: sqlType(field),
        isNullable: !isNotNull(model, field),
        isPrimary: keyOf(model).includes(field.name),
        isUnique: field.unique === true,
        default: sqlDefault(field),
        ...(field.comment !== undefined && { comment: field.comment }),
      })),
      checks,
      indices: indexes.map((index) => {
        const name = indexName(table, index);
        return new TableIndex({ name, columnNames: [...index.columns], isUnique: index.unique === true });
      }),
      foreignKeys: keys.map((key) => foreignKey(table, key)),
    }),
  );
}

function foreignKey(table: string, { columns, references }: ForeignKey): TableForeignKey {
  return new TableForeignKey({
    name: constraintName(table, columns, 'fkey'),
    columnNames: [...columns],
    referencedSchema: references.schema,
    referencedTableName: references.table,
    referencedColumnNames: [...references.columns],
    onDelete: references.onDelete,
  });
}

import { DataTypes, Sequelize } from 'sequelize';
import type { DataType, ModelAttributeColumnOptions, QueryInterface, Transaction } from 'sequelize';
import { COLUMN, arranged, constraintName, indexName, isNotNull, keyOf, sqlCheck, sqlDefault } from '../models.ts';
import type { Arranged, Field, ForeignKey } from '../models.ts';
import { SET_LOCK_TIMEOUT } from '../sql.ts';
import type { Entry } from './entry.ts';

export const sequelize: Entry = {
  name: 'sequelize',
  how: 'QueryInterface in a transaction',
  kind: 'peer',
  open: async ({ url, connections }) => {
    const db = new Sequelize(url, { logging: false, pool: { min: 0, max: connections } });
    const queries = db.getQueryInterface();
    return {
      provision: (org, models, { schema }) =>
        db.transaction(async (transaction) => {
          if (schema) await queries.createSchema(org, { transaction } as object);
          for (const plan of arranged(models)) await createTable(queries, org, plan, transaction);
          for (const { model, laterKeys } of arranged(models)) {
            for (const key of laterKeys) await addForeignKey(queries, org, model.table, key, transaction);
          }
        }),
      addColumn: (org, table) =>
        db.transaction(async (transaction) => {
          await db.query(SET_LOCK_TIMEOUT, { transaction });
          const column = { type: DataTypes.STRING(COLUMN.length), defaultValue: COLUMN.default };
          await queries.addColumn({ tableName: table, schema: org }, COLUMN.name, column, { transaction });
        }),
      dropColumn: (org, table) =>
        db.transaction(async (transaction) => {
          await db.query(SET_LOCK_TIMEOUT, { transaction });
          await queries.removeColumn({ tableName: table, schema: org }, COLUMN.name, { transaction });
        }),
      close: () => db.close(),
    };
  },
};

async function createTable(
  queries: QueryInterface,
  org: string,
  { model, keys }: Arranged,
  transaction: Transaction,
): Promise<void> {
  const { table, fields, indexes = [], comment } = model;
  const at = { tableName: table, schema: org };
  const single = keys.filter(({ columns }) => columns.length === 1);
  const attributes = fields.map((field): [string, ModelAttributeColumnOptions] => {
    const key = single.find(({ columns }) => columns[0] === field.name);
    const byDefault = sqlDefault(field);
    return [
      field.name,
      {
        type: typeOf(field),
        allowNull: !isNotNull(model, field),
        primaryKey: keyOf(model).includes(field.name),
        ...(field.unique === true && { unique: true }),
        ...(byDefault !== undefined && { defaultValue: Sequelize.literal(byDefault) }),
        ...(field.comment !== undefined && { comment: field.comment }),
        ...(key !== undefined && {
          references: {
            model: { tableName: key.references.table, schema: key.references.schema },
            key: key.references.columns[0] as string,
          },
          onDelete: key.references.onDelete,
        }),
      },
    ];
  });
  await queries.createTable(table, Object.fromEntries(attributes), {
    transaction,
    ...(comment !== undefined && { comment }),
    // Its types know this option of its models only.
    ...{ schema: org },
  });
  for (const field of fields) {
    const check = sqlCheck(field);
    // Its own check constraints take no plain expression.
    const name = constraintName(table, [field.name], 'check');
    const sql = `alter table "${org}"."${table}" add constraint "${name}" check (${check})`;
    if (check !== undefined) await queries.sequelize.query(sql, { transaction });
  }
  for (const index of indexes) {
    const { columns, unique } = index;
    const name = indexName(table, index);
    await queries.addIndex(at, [...columns], { name, unique: unique === true, transaction });
  }
  for (const key of keys) {
    if (key.columns.length > 1) await addForeignKey(queries, org, table, key, transaction);
  }
}

async function addForeignKey(
  queries: QueryInterface,
  org: string,
  table: string,
  { columns, references }: ForeignKey,
  transaction: Transaction,
): Promise<void> {
  await queries.addConstraint({ tableName: table, schema: org } as never, {
    type: 'foreign key',
    name: constraintName(table, columns, 'fkey'),
    fields: [...columns],
    references: {
      table: { tableName: references.table, schema: references.schema } as never,
      ...(references.columns.length === 1
        ? { field: references.columns[0] as string }
        : { fields: [...references.columns] }),
    } as { table: string; field: string },
    onDelete: references.onDelete,
    onUpdate: 'NO ACTION',
    transaction,
  });
}

function typeOf({ type, length, precision, scale }: Field): DataType {
  switch (type) {
    case 'String':
      return DataTypes.STRING(length ?? 100);
    case 'Text':
    case 'Enum':
      return DataTypes.TEXT;
    case 'Int':
      return DataTypes.INTEGER;
    case 'BigInt':
      return DataTypes.BIGINT;
    case 'Float':
      return DataTypes.DOUBLE;
    case 'Decimal':
      return precision === undefined ? DataTypes.DECIMAL : DataTypes.DECIMAL(precision, scale ?? 0);
    case 'Boolean':
      return DataTypes.BOOLEAN;
    case 'DateTime':
      return DataTypes.DATE;
    case 'Date':
      return DataTypes.DATEONLY;
    case 'Time':
      return DataTypes.TIME;
    case 'Json':
      return DataTypes.JSONB;
    case 'Uuid':
      return DataTypes.UUID;
    case 'Bytes':
      return DataTypes.BLOB;
  }
}

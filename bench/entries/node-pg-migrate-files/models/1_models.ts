import type { ColumnDefinitions, MigrationBuilder } from 'node-pg-migrate';
import {
  arranged,
  constraintName,
  indexName,
  isNotNull,
  keyOf,
  sqlCheck,
  sqlDefault,
  sqlType,
} from '../../../models.ts';
import type { ForeignKey, Model } from '../../../models.ts';

export function up(pgm: MigrationBuilder): void {
  const plans = arranged(globalThis.nodePgMigrateTask.models ?? []);
  for (const { model, keys } of plans) {
    const { table, fields, indexes = [], comment } = model;
    pgm.createTable(table, columnsOf(pgm, model), {
      ...(comment !== undefined && { comment }),
      constraints: {
        ...(keyOf(model).length > 0 && { primaryKey: [...keyOf(model)] }),
        foreignKeys: keys.map(foreignKey),
        check: fields.flatMap((field) => sqlCheck(field) ?? []),
      },
    });
    for (const index of indexes) {
      const { columns, unique } = index;
      const name = indexName(table, index);
      pgm.createIndex(table, [...columns], { name, unique: unique === true });
    }
  }
  for (const { model, laterKeys } of plans) {
    for (const key of laterKeys) {
      const name = constraintName(model.table, key.columns, 'fkey');
      pgm.addConstraint(model.table, name, { foreignKeys: foreignKey(key) });
    }
  }
}

export const down = false;

function columnsOf(pgm: MigrationBuilder, model: Model): ColumnDefinitions {
  const columns = model.fields.map((field) => {
    const byDefault = sqlDefault(field);
    const definition = {
      type: sqlType(field),
      notNull: isNotNull(model, field),
      unique: field.unique === true,
      ...(byDefault !== undefined && { default: pgm.func(byDefault) }),
      ...(field.comment !== undefined && { comment: field.comment }),
    };
    return [field.name, definition] as const;
  });
  return Object.fromEntries(columns);
}

function foreignKey({ columns, references }: ForeignKey) {
  const target = references.columns.map((name) => `"${name}"`).join(', ');
  return {
    columns: [...columns],
    references: `"${references.schema}"."${references.table}" (${target})`,
    onDelete: references.onDelete,
  };
}

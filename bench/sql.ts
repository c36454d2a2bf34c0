// The same work in plain SQL: what the drivers and the limits send.
import { COLUMN, arranged, isNotNull, keyOf, sqlCheck, sqlDefault, sqlText, sqlType } from './models.ts';
import type { Field, ForeignKey, Model } from './models.ts';

export function createSchema(org: string): string {
  return `create schema "${org}"`;
}

/** As few statements as PostgreSQL needs: keys, checks and foreign keys stand in the table. */
export function createTables(org: string, models: readonly Model[]): string[] {
  const plan = arranged(models);
  const tables = plan.flatMap(({ model, keys }) => {
    const { table, fields, indexes = [], comment } = model;
    const on = `"${org}"."${table}"`;
    const lines = [
      ...fields.map((field) => columnSql(field, isNotNull(model, field))),
      ...(keyOf(model).length > 0 ? [`primary key ${columnList(keyOf(model))}`] : []),
      ...keys.map(foreignKeySql),
    ];
    return [
      `create table ${on} (${lines.join(', ')})`,
      ...indexes.map(
        ({ columns, unique }) => `create ${unique === true ? 'unique ' : ''}index on ${on} ${columnList(columns)}`,
      ),
      ...(comment === undefined ? [] : [`comment on table ${on} is ${sqlText(comment)}`]),
      ...fields.flatMap(({ name, comment: text }) =>
        text === undefined ? [] : [`comment on column ${on}."${name}" is ${sqlText(text)}`],
      ),
    ];
  });
  const later = plan.flatMap(({ model, laterKeys }) =>
    laterKeys.map((key) => `alter table "${org}"."${model.table}" add ${foreignKeySql(key)}`),
  );
  return [...tables, ...later];
}

function columnSql(field: Field, notNull: boolean): string {
  const byDefault = sqlDefault(field);
  const check = sqlCheck(field);
  return [
    `"${field.name}" ${sqlType(field)}`,
    ...(notNull ? ['not null'] : []),
    ...(byDefault === undefined ? [] : [`default ${byDefault}`]),
    ...(field.unique === true ? ['unique'] : []),
    ...(check === undefined ? [] : [`check (${check})`]),
  ].join(' ');
}

function foreignKeySql({ columns, references }: ForeignKey): string {
  const target = `"${references.schema}"."${references.table}" ${columnList(references.columns)}`;
  return `foreign key ${columnList(columns)} references ${target} on delete ${references.onDelete.toLowerCase()}`;
}

export function columnList(columns: readonly string[]): string {
  return `(${columns.map((name) => `"${name}"`).join(', ')})`;
}

export const SET_LOCK_TIMEOUT = `set local lock_timeout = '1s'`;

/** The same for a session, for those who have no transaction to set it in. */
export const SESSION_LOCK_TIMEOUT = `set lock_timeout = '1s'`;

export function addColumn(org: string, table: string): string {
  return `alter table "${org}"."${table}" add column ${columnSql(COLUMN, false)}`;
}

export function dropColumn(org: string, table: string): string {
  return `alter table "${org}"."${table}" drop column "${COLUMN.name}"`;
}

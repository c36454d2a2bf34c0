import knex, { type Knex } from 'knex';
import type { Field } from '../spec/field-spec';
import { typeOf } from '../field-types';
import { optionsOf } from '../field-types/options';
import { derivedName, qualified, quoted, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { indexName, type Index } from '../spec/model-spec';
import { isOneOf, typeSql } from '../sql/qualified-sql';
import { referencesClause } from './foreign-keys';
import { RenderedTexts } from './render-cache';

/** Never connects: it only writes SQL, by knex's own rules and no caller's wrapIdentifier. */
const renderer = knex({ client: 'pg' });

/** The statements that knex's schema builder makes for one tenant. */
export function rendered(org: Identifier, build: (schema: Knex.SchemaBuilder) => unknown): string[] {
  const builder = renderer.schema.withSchema(org);
  build(builder);
  return (builder.toSQL() as unknown as { readonly sql: string }[]).map(({ sql }) => sql);
}

/** What knex wrote: the same again for each of ten thousand tenants, where it costs the client more than the rest. */
const texts = new RenderedTexts();

/** Stands for the org in what is kept: PostgreSQL has no name and no text with this character. */
const ANY_ORG = '\0' as Identifier;

/** `create table`, and its indexes. `key` tells all that they hang on, but for the org. */
export function creation(
  org: Identifier,
  table: Identifier,
  key: readonly unknown[],
  build: (table: Knex.CreateTableBuilder) => void,
): readonly string[] {
  const render = (): readonly string[] => rendered(ANY_ORG, (schema) => schema.createTable(table, build));
  return texts
    .get(JSON.stringify(['create', table, ...key]), render)
    .map((sql) => sql.replaceAll(quoted(ANY_ORG), () => quoted(org)));
}

/** `alter table "org"."table" …`, where what follows the name of the table hangs on `key` alone. */
export function alteration(
  org: Identifier,
  table: Identifier,
  key: readonly unknown[],
  build: (table: Knex.CreateTableBuilder) => void,
): string {
  const start = `alter table ${qualified(org, table)} `;
  const render = (): readonly string[] =>
    rendered(org, (schema) => schema.alterTable(table, build)).map((sql) => sql.slice(start.length));
  const [ending = ''] = texts.get(JSON.stringify(['alter', ...key]), render);
  return start + ending;
}

/** All that the text of a column hangs on. */
export function columnKey(table: Identifier, field: Field, nullable: boolean): readonly unknown[] {
  const type = typeOf(field);
  const values = type.checkedValues(field);
  return [
    field.name,
    field.type,
    optionsOf(field),
    // The name of its check is of the table.
    values && table,
    nullable,
    field.default !== undefined && type.defaultSql(field.default),
  ];
}

/** `alter table … add column`, with what {@link addColumn} writes. */
export function addedColumn(org: Identifier, table: Identifier, field: Field): string {
  const nullable = field.nullable !== false;
  return alteration(org, table, ['add', columnKey(table, field, nullable)], (builder) =>
    addColumn(builder, table, field, nullable),
  );
}

/** One column: its type, its CHECK if the type has one, whether it may be null, and its default. */
export function addColumn(builder: Knex.CreateTableBuilder, table: Identifier, field: Field, nullable: boolean): void {
  const type = typeOf(field);
  const values = type.checkedValues(field);
  const column =
    values === undefined
      ? type.column(builder, field)
      : builder.specificType(
          field.name,
          `${typeSql(type.catalogName(field))} ${checkClause(table, field.name, values)}`,
        );
  if (!nullable) column.notNullable();
  // Raw, since knex would quote a number, and run what is in an object.
  if (field.default !== undefined) column.defaultTo(renderer.raw(type.defaultSql(field.default)));
}

/** Beside the column, since knex does not quote the name of a check, and scans a table to add one. */
export function checkClause(table: Identifier, column: Identifier, values: readonly string[]): string {
  const name = quoted(derivedName('check', table, [column]));
  return `constraint ${name} check (${isOneOf(quoted(column), 'text', values.map(literal))})`;
}

/** `constraint "…" unique` and `constraint "…" references …`: what a column that is added brings along. */
export function columnConstraints(table: Identifier, { name, unique, references }: Field): string[] {
  const clauses: string[] = [];
  if (unique === true) clauses.push(`constraint ${quoted(derivedName('key', table, [name]))} unique`);
  if (references !== undefined) {
    const { column, ...target } = references;
    const key = quoted(derivedName('fkey', table, [name]));
    clauses.push(`constraint ${key} ${referencesClause({ ...target, columns: [column] })}`);
  }
  return clauses;
}

/** `create index`, or `create unique index`, by the name it was given or the derived one. */
export function createIndex(org: Identifier, table: Identifier, index: Index): string {
  const [sql = ''] = rendered(org, (schema) => schema.alterTable(table, (builder) => addIndex(builder, table, index)));
  return sql;
}

export function addIndex(builder: Knex.CreateTableBuilder, table: Identifier, index: Index): void {
  const name = indexName(table, index);
  if (index.unique === true) builder.unique([...index.columns], { indexName: name, useConstraint: false });
  else builder.index([...index.columns], name);
}

/** The comment on a table, or on a column of it. Not by knex, which pastes the text. */
export function commentOn(org: Identifier, table: Identifier, column: Identifier | undefined, comment: string): string {
  const on =
    column === undefined ? `table ${qualified(org, table)}` : `column ${qualified(org, table)}.${quoted(column)}`;
  return `comment on ${on} is ${literal(comment)}`;
}

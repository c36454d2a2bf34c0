import knex, { type Knex } from 'knex';
import type { Field } from '../spec/field-spec';
import { typeOf } from '../field-types';
import { optionsOf } from '../field-types/options';
import { derivedName, qualified, quoted, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { indexName, isPlain, keyColumnsOf, type Index } from '../spec/index-spec';
import { writtenIndex } from './written-index';
import { isOneOf, typeSql } from '../sql/qualified-sql';
import { referencesClause } from './foreign-keys';
import { RenderedTexts } from './render-cache';

/** Never connects: it only renders SQL, without a caller's wrapIdentifier. */
const renderer = knex({ client: 'pg' });

/** The statements that knex's schema builder renders for one tenant. */
export function rendered(org: Identifier, build: (schema: Knex.SchemaBuilder) => unknown): string[] {
  const builder = renderer.schema.withSchema(org);
  build(builder);
  return (builder.toSQL() as unknown as { readonly sql: string }[]).map(({ sql }) => sql);
}

/** SQL rendered by knex: the same for each of ten thousand tenants, and the most expensive part for the client. */
const texts = new RenderedTexts();

/** Stands for the org in cached texts: no name and no text of PostgreSQL can contain this character. */
const ANY_ORG = '\0' as Identifier;

/** `create table`, and its indexes. `key` contains everything that they depend on, except for the org. */
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

/** `alter table "org"."table" …`, where the text after the name of the table depends only on `key`. */
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

/** Everything that the text of a column depends on. */
export function columnKey(table: Identifier, field: Field, nullable: boolean): readonly unknown[] {
  const type = typeOf(field);
  const values = type.checkedValues(field);
  return [
    field.name,
    field.type,
    optionsOf(field),
    // The name of its check contains that of the table.
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
  // Raw, since knex would quote a number, and paste an object unescaped.
  if (field.default !== undefined) column.defaultTo(renderer.raw(type.defaultSql(field.default)));
}

/** Inside the column definition, since knex does not quote the name of a check, and adds it with a scan of the table. */
export function checkClause(table: Identifier, column: Identifier, values: readonly string[]): string {
  const name = quoted(derivedName('check', table, [column]));
  return `constraint ${name} check (${isOneOf(quoted(column), 'text', values.map(literal))})`;
}

/** `constraint "…" unique` and `constraint "…" references …` of an added column. */
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

/** `create index`, or `create unique index`, with its chosen or derived name. */
export function createIndex(org: Identifier, table: Identifier, index: Index): string {
  if (!isPlain(index)) return writtenIndex(org, table, index);
  const [sql = ''] = rendered(org, (schema) => schema.alterTable(table, (builder) => addIndex(builder, table, index)));
  return sql;
}

/** One that is plain: knex has no other. */
export function addIndex(builder: Knex.CreateTableBuilder, table: Identifier, index: Index): void {
  const name = indexName(table, index);
  if (index.unique === true) builder.unique([...keyColumnsOf(index)], { indexName: name, useConstraint: false });
  else builder.index([...keyColumnsOf(index)], name);
}

/** The comment on a table, or on a column of it. Not by knex, which pastes the text unescaped. */
export function commentOn(org: Identifier, table: Identifier, column: Identifier | undefined, comment: string): string {
  const on =
    column === undefined ? `table ${qualified(org, table)}` : `column ${qualified(org, table)}.${quoted(column)}`;
  return `comment on ${on} is ${literal(comment)}`;
}

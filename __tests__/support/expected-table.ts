// What a model has to be in the catalog, worked out from the documented table of types and rules alone: nothing of
// lib/ is used, so that a mistake there shows.
import type { FieldSpec, ForeignKeySpec, ModelSpec } from '../../lib';
import type { CatalogTable } from './catalog';
import { TYPE_SAMPLES } from './type-samples';

type Reference = CatalogTable['foreignKeys'][number]['references'];

/** A table without what only a derived name or PostgreSQL's own words would tell. */
export interface TableShape {
  readonly comment: string | null;
  readonly columns: readonly Record<string, unknown>[];
  readonly primaryKey: readonly string[] | null;
  readonly uniques: readonly (readonly string[])[];
  readonly indexes: readonly {
    readonly columns: readonly string[];
    readonly unique: boolean;
    readonly name: unknown;
  }[];
  readonly foreignKeys: readonly { readonly columns: readonly string[]; readonly references: Reference }[];
  readonly checks: readonly (readonly string[])[];
}

/** A table as the catalog has it, in the same shape, its lists in an order that is not that of names. */
export function shapeOf(table: CatalogTable | undefined): TableShape | undefined {
  if (table === undefined) return undefined;
  return {
    comment: table.comment,
    columns: table.columns.map(({ default: expression, ...column }) => ({
      ...column,
      hasDefault: expression !== null,
    })),
    primaryKey: table.primaryKey?.columns ?? null,
    uniques: sorted(table.uniques.map(({ columns }) => columns)),
    indexes: sorted(table.indexes.map(({ columns, unique, name }) => ({ columns, unique, name }))),
    foreignKeys: sorted(table.foreignKeys.map(({ columns, references }) => ({ columns, references }))),
    checks: sorted(table.checks.map(({ columns }) => columns)),
  };
}

export function expectedShape(model: ModelSpec): TableShape {
  const key = keyOf(model.fields);
  const references = model.fields.flatMap(({ name, references: to }) => {
    if (to === undefined) return [];
    const { column, ...target } = to;
    return [{ columns: [name], references: { ...target, columns: [column] } }];
  });
  const keys: readonly ForeignKeySpec[] = [...references, ...(model.foreignKeys ?? [])];
  return {
    comment: model.comment || null,
    columns: model.fields.map((field) => expectedColumn(field, key.includes(field.name))),
    primaryKey: key.length > 0 ? key : null,
    // A key of one field is unique by itself.
    uniques: sorted(
      model.fields.filter(({ name, unique }) => unique && String(key) !== name).map(({ name }) => [name]),
    ),
    indexes: sorted(
      (model.indexes ?? []).map(({ columns, unique, name }) => ({
        columns: columns.map((column) =>
          typeof column === 'string' ? column : column.lower === true ? 'lower' : column.column,
        ),
        unique: unique ?? false,
        name: name ?? expect.any(String),
      })),
    ),
    foreignKeys: sorted(keys.map(({ columns, references: to }) => ({ columns, references: wholeReference(to) }))),
    checks: sorted(model.fields.filter(({ type }) => type === 'Enum').map(({ name }) => [name])),
  };
}

/** With what PostgreSQL takes where nothing is said. The schema has no default here: a table does not know its own. */
function wholeReference(to: ForeignKeySpec['references']): Reference {
  const { schema = '', table, columns, onDelete = 'NO ACTION', onUpdate = 'NO ACTION', deferrable = false } = to;
  return { schema, table, columns, onDelete, onUpdate, deferrable };
}

export function expectedColumn(field: FieldSpec, isKey = false): Record<string, unknown> {
  return {
    name: field.name,
    type: columnType(field),
    nullable: field.nullable !== false && !isKey && field.identity !== true,
    hasDefault: field.default !== undefined && field.default !== null,
    comment: field.comment || null,
  };
}

function keyOf(fields: readonly FieldSpec[]): string[] {
  const said = fields.filter(({ primaryKey }) => primaryKey === true);
  const key = said.length > 0 ? said : fields.filter(({ name, primaryKey }) => name === 'id' && primaryKey !== false);
  return key.map(({ name }) => name);
}

/** As `format_type` writes the types of the documented table. */
function columnType(field: FieldSpec): string {
  const { catalogName } = TYPE_SAMPLES[field.type];
  const ofOne = typeof catalogName === 'string' ? catalogName : catalogName(field);
  return field.array === true ? `${ofOne}[]` : ofOne;
}

/** By columns, and then by what else there is. */
function sorted<T>(items: readonly T[]): T[] {
  const key = (item: T): string => JSON.stringify(Array.isArray(item) ? item : { ...item, name: undefined });
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

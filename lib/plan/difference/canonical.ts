import { typeOf } from '../../field-types';
import type { Field } from '../../spec/field-spec';
import { canBeNull } from '../../spec/identity';
import type { Index } from '../../spec/index-spec';
import { DEFAULT_CLASSES } from '../../spec/index-methods';
import type { ForeignKey, Model } from '../../spec/model-spec';
import { keyFields, uniqueFields } from '../../spec/model-keys';
import { foreignKeysOf } from '../foreign-keys';

/** A model by what it means: two that mean the same are the same here, however they were written. */
export interface Canonical {
  readonly table: string;
  readonly comment: string;
  /** In the order of their names: the order of a key's columns is that of the fields, which cannot be changed. */
  readonly key: readonly string[];
  readonly fields: ReadonlyMap<string, CanonicalField>;
  readonly indexes: readonly CanonicalIndex[];
  readonly references: ReadonlyMap<string, CanonicalReference>;
}

export interface CanonicalField {
  readonly spec: Field;
  /** The column's type, with its modifier. */
  readonly type: string;
  /** As a set. */
  readonly values: readonly string[] | undefined;
  readonly nullable: boolean;
  readonly identity: boolean;
  /** As a value. */
  readonly default: string | undefined;
  readonly comment: string;
}

export interface CanonicalIndex {
  /** The same for indexes that do the same. */
  readonly id: string;
  readonly spec: Index;
  /** It was written as `unique` of a field. */
  readonly isField: boolean;
}

export interface CanonicalReference {
  readonly spec: ForeignKey;
  /** The same for foreign keys that do the same. */
  readonly target: string;
}

/** @param own the schema that is the org's own, by the name that the references of this model have for it */
export function canonical(model: Model, own: string | undefined): Canonical {
  const { table, fields, comment = '', indexes = [] } = model;
  const key = keyFields(fields);
  const uniques = uniqueFields(fields).map((field) => ({ columns: [field.name], unique: true }));
  return {
    table,
    comment,
    key: key.map(({ name }) => name).sort(),
    fields: new Map(fields.map((field) => [field.name, canonicalField(field, key.includes(field))])),
    indexes: [
      ...uniques.map((spec) => ({ id: indexId(spec), spec, isField: true })),
      ...indexes.map((spec) => ({ id: indexId(spec, fields), spec, isField: false })),
    ],
    references: new Map(foreignKeysOf(model).map((spec) => [pairsOf(spec).id, canonicalReference(spec, own)])),
  };
}

function canonicalField(field: Field, isKey: boolean): CanonicalField {
  const type = typeOf(field);
  const values = type.checkedValues(field);
  return {
    spec: field,
    type: type.catalogName(field),
    values: values && [...values].sort(),
    nullable: canBeNull(field) && !isKey,
    identity: field.identity === true,
    default: field.default === undefined ? undefined : type.defaultValue(field.default),
    comment: field.comment ?? '',
  };
}

/** The columns that are included, and the conditions, have no order; what is compared is a value of its field. */
function indexId(index: Index, fields: readonly Field[] = []): string {
  const { columns, unique, method, where = [], include = [], nullsNotDistinct } = index;
  const conditions = where.map(({ column, is, equals }) =>
    JSON.stringify([column, is ?? null, equals === undefined ? null : valueOf(fields, column, equals)]),
  );
  const more = [method ?? null, conditions.sort(), [...include].sort(), nullsNotDistinct === true];
  return JSON.stringify([unique === true, columns.map(columnId), ...more]);
}

/** In whatever order its options were written. */
function columnId(given: Index['columns'][number]): readonly unknown[] {
  if (typeof given === 'string') return [given];
  const { column, order, nulls, lower, operatorClass } = given;
  // The class that its type has by default goes without saying.
  const other = operatorClass === undefined || DEFAULT_CLASSES.includes(operatorClass) ? null : operatorClass;
  const id = [column, order ?? null, nulls ?? null, lower === true, other];
  return id.slice(1).every((option) => option === null || option === false) ? [column] : id;
}

function valueOf(fields: readonly Field[], column: string, equals: string | number | boolean): string {
  const field = fields.find(({ name }) => name === column);
  // 0 and -0 are equal to a database.
  const read = field && typeOf(field).readDefault(equals === 0 ? 0 : equals, field);
  return field && read && 'kept' in read ? typeOf(field).defaultValue(read.kept) : String(equals);
}

/** The pairs of columns have no order. */
function pairsOf({ columns, references }: ForeignKey): { readonly id: string; readonly theirs: readonly string[] } {
  const pairs = columns.map((column, at) => [column, references.columns[at] ?? ''] as const);
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: JSON.stringify(pairs.map(([own]) => own)), theirs: pairs.map(([, their]) => their) };
}

function canonicalReference(spec: ForeignKey, own: string | undefined): CanonicalReference {
  const { schema, table, onDelete = NO_ACTION, onUpdate = NO_ACTION, deferrable } = spec.references as Written;
  const place = [schema === own || schema === undefined ? null : schema, table, pairsOf(spec).theirs];
  return { spec, target: JSON.stringify([...place, onDelete, onUpdate, deferrable ?? false]) };
}

const NO_ACTION = 'NO ACTION';

/** The schema that is left out is the tenant's own. */
type Written = Omit<ForeignKey['references'], 'schema'> & { readonly schema?: string | undefined };

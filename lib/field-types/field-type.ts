import type { Knex } from 'knex';
import type { Fault } from '../errors';
import { literal } from '../sql/literal';
import { typeSql } from '../sql/qualified-sql';
import { isPlainObject } from '../codec/plain-object';

/** A value that JSON can hold. Defaults are kept as JSON, so that a stored change plans like the one called. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The keys of a FieldSpec that only some types take. */
export const TYPE_OPTIONS = ['length', 'precision', 'scale', 'values'] as const;
export type TypeOption = (typeof TYPE_OPTIONS)[number];

/** What a type needs to know of a field. */
export interface TypedField {
  readonly name: string;
  readonly length?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly values?: readonly string[] | undefined;
  /** Of a field that has the type already: an option that is left out is what the column has. */
  readonly keepsOptions?: boolean | undefined;
}

/** A field type: one file, one line in the registry. */
export interface FieldType {
  readonly options: readonly TypeOption[];
  /** What is wrong with the options together; paths are the options' names. */
  optionFaults(field: TypedField): readonly Fault[];
  /** Reads the default that a caller gave; what is kept of it is what {@link defaultSql} takes, and reads the same. */
  readDefault(value: unknown, field: TypedField): Read;
  /** The DEFAULT expression. */
  defaultSql(kept: Json): string;
  /** PostgreSQL has to compute the default row by row, which rewrites a table that gets such a column. */
  isVolatile(kept: Json): boolean;
  /** The column, by knex's schema builder. */
  column(table: Knex.CreateTableBuilder, field: TypedField): Knex.ColumnBuilder;
  /** The type as `format_type` of the catalog names it. */
  catalogName(field: TypedField): string;
  /** The types whose every value this one takes, whole: no row of theirs has to be looked at. */
  takesWhole(field: TypedField): readonly WholeType[];
  /**
   * Whether a value of another type, which the server's cast takes, keeps all that it says. On any type: it goes by
   * the text of the value. None, where no cast to this type loses anything. `type` is this type as SQL writes it.
   */
  keeps(value: string, type: string, field: TypedField): string | undefined;
  /** What the server's cast does not ask of a value, and the column does. */
  takes(value: string, field: TypedField): string | undefined;
  /** `pg_attribute.atttypmod` of a column of the type. */
  modifier(field: TypedField): number;
  /** An expression for the type as SQL writes it, where options are the column's own, by its modifier. */
  ownName(field: TypedField, modifier: string): string;
  /** The values that the column is held to by a CHECK, where the type has one. */
  checkedValues(field: TypedField): readonly string[] | undefined;
}

/** A type by its name in the catalog, and the range of its modifiers, where it has some (`pg_attribute.atttypmod`). */
export interface WholeType {
  readonly name: string;
  readonly modifiers?: readonly [min: number, max: number];
  /** Of a numeric: its scale is in the low bits of the modifier. */
  readonly scale?: number;
  /** PostgreSQL writes every row anew, though none can lose anything (manual, ALTER TABLE, Notes). */
  readonly rewrites?: boolean;
}

/** Fills in what most types have in common. */
export function fieldType(
  parts: Pick<FieldType, 'readDefault' | 'defaultSql' | 'column' | 'catalogName'> & Partial<FieldType>,
): FieldType {
  return {
    options: [],
    optionFaults: () => [],
    isVolatile: () => false,
    takesWhole: () => [],
    keeps: () => undefined,
    takes: () => undefined,
    modifier: () => -1,
    ownName: (field) => literal(typeSql(parts.catalogName(field))),
    checkedValues: () => undefined,
    ...parts,
  };
}

/** What was read: the value to keep, or why there is none. The value itself is in no message. */
export type Read = { readonly kept: Json } | { readonly fault: string };

/** `{ fn: 'now' }` and the like: nothing but the function's name. */
export function isFunctionCall(value: unknown, fn: string): boolean {
  return isPlainObject(value) && Object.keys(value).length === 1 && Object.hasOwn(value, 'fn') && value.fn === fn;
}

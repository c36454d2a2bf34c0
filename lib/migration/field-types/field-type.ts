import type { Knex } from 'knex';
import type { Fault } from '../errors';
import { isPlainObject } from '../plain-object';

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
  /** The values that the column is held to by a CHECK, where the type has one. */
  checkedValues(field: TypedField): readonly string[] | undefined;
}

/** Fills in what most types have in common. */
export function fieldType(
  parts: Pick<FieldType, 'readDefault' | 'defaultSql' | 'column' | 'catalogName'> & Partial<FieldType>,
): FieldType {
  return {
    options: [],
    optionFaults: () => [],
    isVolatile: () => false,
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

import type { Knex } from 'knex';
import { isInput } from './conversion-sql';
import type { Fault } from '../errors';
import { literal } from '../sql/literal';
import { typeSql } from '../sql/qualified-sql';
import { isPlainObject } from '../codec/plain-object';
import type { DefaultText } from './default-text';
import type { TypeOption, TypeOptions } from './options';

/** A JSON value. Defaults are kept as JSON, so a stored change gives the same plan. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a type needs to know about a field. */
export interface TypedField extends TypeOptions {
  readonly name: string;
  /** Set for a field that already has the type: options that are left out are the column's own. */
  readonly keepsOptions?: boolean | undefined;
}

/** The time at which a row is inserted, by the server's clock. */
export interface Now {
  readonly fn: 'now';
}

/** A field type: one file, one line in the registry. `Taken` are the properties of its fields, as callers write them. */
export interface FieldType<Taken = unknown> {
  /** Only for the compiler: no type has it. */
  readonly taken?: Taken;
  /** Other names for it, from databases, other libraries and forms. In lower case. */
  readonly alsoCalled: readonly string[];
  readonly options: readonly TypeOption[];
  /** The faults of the options together; paths are the names of the options. */
  optionFaults(field: TypedField): readonly Fault[];
  /** The faults of options that are changed without the others, for a field that has this type with the options of `from`. */
  changeFaults(set: TypeOptions, from: TypeOptions): readonly Fault[];
  /** The same if the other options are the column's own: each as a condition on its modifier and its new type. */
  ownOptionFaults(field: TypedField, modifier: string, type: string): readonly ServerFault[];
  /** Whether a value of unknown type is one of this type. At most one type says so. */
  guesses(value: unknown): boolean;
  /** Normalises a caller's default. {@link defaultSql} takes the result, which normalises to itself. */
  readDefault(value: unknown, field: TypedField): Read;
  /** The DEFAULT expression. */
  defaultSql(kept: Json): string;
  /** Whether PostgreSQL computes the default row by row, so adding such a column rewrites the table. */
  isVolatile(kept: Json): boolean;
  /** A value that no default computes and nobody uses, for rows that have still to get theirs; undefined if the type has none. */
  unusedValue(seed: string): string | undefined;
  /** The column, by knex's schema builder. */
  column(table: Knex.CreateTableBuilder, field: TypedField): Knex.ColumnBuilder;
  /** The type as `format_type` names it. */
  catalogName(field: TypedField): string;
  /** The types that its column can have in the catalog, without modifiers. */
  readonly columnTypes: readonly string[];
  /** Whether it is a type of text: an assignment refuses a text that is too long, while a cast truncates it. */
  readonly isText: boolean;
  /** Whether a field can hold an array of its values. */
  readonly hasArrays: boolean;
  /** Whether a sequence can give a column of the type its values. */
  readonly canBeIdentity: boolean;
  /** Whether a value may be longer than an entry of a btree, which is at most 2,704 bytes. */
  readonly isUnbounded: boolean;
  /** Whether PostgreSQL has an operator class by which a gin index finds what is inside a value. */
  readonly hasGin: boolean;
  /** Whether the text of a value depends on the session's settings. */
  readonly isWrittenBySession: boolean;
  /**
   * The types of other fields, besides text, that PostgreSQL has a cast from in some version: as the catalog names them,
   * without modifiers. A type of text takes any value, and any type takes a text.
   */
  readonly castsFrom: readonly string[];
  /** The types whose every value this one takes without loss: no row has to be checked. */
  takesWhole(field: TypedField): readonly WholeType[];
  /**
   * The types in the catalog, without modifiers, whose cast to this one gives the same value in every session: it
   * depends on no setting.
   */
  readonly castsAlike: readonly string[];
  /**
   * Whether a value of another type, which the server's cast accepts, loses nothing. For any type: it compares texts.
   * Undefined if no cast to this type loses anything. `type` is this type as SQL writes it.
   */
  keeps(value: string, type: string, field: TypedField): string | undefined;
  /** A condition on values that the column checks, but the server's cast does not. */
  takes(value: string, field: TypedField): string | undefined;
  /**
   * Whether the server's cast accepts a value, for any type that it has a cast from; PostgreSQL 16 and later. `type` is
   * this type as SQL writes it.
   */
  converts(value: string, type: string): string;
  /** `pg_attribute.atttypmod` of a column of the type. */
  modifier(field: TypedField): number;
  /** An expression for the type as SQL writes it, with options that are the column's own, from its modifier. */
  ownName(field: TypedField, modifier: string): string;
  /** The limits of numbers in a column of the type, which pg-mem does not enforce. */
  numberLimits(columnSql: string): NumberLimits | undefined;
  /** Whether only a CHECK distinguishes the type from that of its column. */
  readonly isHeldByCheck: boolean;
  /** The values that a CHECK limits the column to, if the type has one. */
  checkedValues(field: TypedField): readonly string[] | undefined;
  /** The condition of that CHECK. */
  isHeldTo(value: string, values: readonly string[]): string;
  /** The options with which a column of the catalog has this type; undefined if it has another. */
  read(column: CatalogColumn): TypeOptions | undefined;
  /** What {@link readDefault} would have returned for a default in the catalog; undefined if no spec expresses it. */
  readDefaultText(text: DefaultText): Json | undefined;
  /** The value of a default as a text: equal for equal values. */
  defaultValue(kept: Json): string;
}

/** A range for numbers, and the digits after the point that they are rounded to. */
export interface NumberLimits {
  readonly range?: readonly [min: number, max: number];
  readonly digits?: number;
}

/** A fault that only the server can find, under the lock. */
export interface ServerFault {
  readonly when: string;
  readonly message: string;
}

/** The parts of a column that show its type. */
export interface CatalogColumn {
  /** As `format_type` names the type, without its modifier. */
  readonly type: string;
  /** `pg_attribute.atttypmod`. */
  readonly modifier: number;
  /** The texts that a CHECK limits the column to, if there is one. */
  readonly values?: readonly string[] | undefined;
}

/** A type by its name in the catalog, and the range of its modifiers, if it has any (`pg_attribute.atttypmod`). */
export interface WholeType {
  readonly name: string;
  readonly modifiers?: readonly [min: number, max: number];
  /** The scale of a numeric, which is in the low bits of the modifier. */
  readonly scale?: number;
  /** Whether PostgreSQL rewrites every row, although none can lose anything (manual, ALTER TABLE, Notes). */
  readonly rewrites?: boolean;
  /** Whether its range is wider: nothing is lost, but a value outside the range stops the change. */
  readonly canFail?: boolean;
}

/** Fills in what most types have in common. */
export function fieldType<Taken>(
  parts: Pick<FieldType, 'readDefault' | 'readDefaultText' | 'catalogName'> &
    Partial<Omit<FieldType, 'taken' | 'options'>> & { readonly options?: readonly (keyof Taken & TypeOption)[] },
): FieldType<Taken> {
  return {
    alsoCalled: [],
    options: [],
    optionFaults: () => [],
    changeFaults: () => [],
    ownOptionFaults: () => [],
    guesses: () => false,
    defaultSql: (kept) => literal(kept as string),
    isVolatile: () => false,
    unusedValue: () => undefined,
    column: (table, field) => table.specificType(field.name, typeSql(parts.catalogName(field))),
    columnTypes: [parts.catalogName({ name: '' }).replace(/\(.*/, '')],
    isText: false,
    hasArrays: true,
    canBeIdentity: false,
    isUnbounded: false,
    hasGin: false,
    isWrittenBySession: false,
    numberLimits: () => undefined,
    isHeldByCheck: false,
    castsFrom: [],
    takesWhole: () => [{ name: parts.catalogName({ name: '' }) }],
    castsAlike: [],
    keeps: () => undefined,
    takes: () => undefined,
    converts: (value, type) => (parts.isText === true ? 'true' : isInput(`${value}::pg_catalog.text`, type)),
    modifier: () => -1,
    ownName: (field) => literal(typeSql(parts.catalogName(field))),
    checkedValues: () => undefined,
    isHeldTo: () => 'true',
    read: ({ type, modifier, values }) =>
      type === parts.catalogName({ name: '' }) && modifier === -1 && values === undefined ? {} : undefined,
    defaultValue: (kept) => JSON.stringify(kept),
    ...parts,
  };
}

/** The normalised value, or its fault. The message never contains the value itself. */
export type Read = { readonly kept: Json } | { readonly fault: string };

/** `{ fn: 'now' }` and the like: an object with only the function's name. */
export function isFunctionCall(value: unknown, fn: string): boolean {
  return isPlainObject(value) && Object.keys(value).length === 1 && Object.hasOwn(value, 'fn') && value.fn === fn;
}

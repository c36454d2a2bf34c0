import type { Knex } from 'knex';
import { isInput } from './converts';
import type { Fault } from '../errors';
import { literal } from '../sql/literal';
import { typeSql } from '../sql/qualified-sql';
import { isPlainObject } from '../codec/plain-object';
import type { DefaultText } from './default-text';
import type { TypeOption, TypeOptions } from './options';

/** A value that JSON can hold. Defaults are kept as JSON, so that a stored change plans like the one called. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a type needs to know of a field. */
export interface TypedField extends TypeOptions {
  readonly name: string;
  /** Of a field that has the type already: an option that is left out is what the column has. */
  readonly keepsOptions?: boolean | undefined;
}

/** The time at which a row is inserted, by the server's clock. */
export interface Now {
  readonly fn: 'now';
}

/** A field type: one file, one line in the registry. `Taken` is what its fields take, as a caller writes it. */
export interface FieldType<Taken = unknown> {
  /** For the compiler alone: no type has it. */
  readonly taken?: Taken;
  /** Other words for it: of databases, of other libraries, of forms. In lower case. */
  readonly alsoCalled: readonly string[];
  readonly options: readonly TypeOption[];
  /** What is wrong with the options together; paths are the options' names. */
  optionFaults(field: TypedField): readonly Fault[];
  /** What is wrong with options that are changed without the others, for a field that has the type with those of `from`. */
  changeFaults(set: TypeOptions, from: TypeOptions): readonly Fault[];
  /** The same where the options are the column's own: each as a condition, by its modifier and the type that it gets. */
  ownOptionFaults(field: TypedField, modifier: string, type: string): readonly ServerFault[];
  /** Whether a value whose type is not known is one of this type. At most one type says so. */
  guesses(value: unknown): boolean;
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
  /** What a column of the type may be in the catalog, without modifiers. */
  readonly columnTypes: readonly string[];
  /** A type of text: it takes what is assigned to it as it is, or refuses it, where a cast would cut it. */
  readonly isText: boolean;
  /** The text of a value is another one in each session, by its settings. */
  readonly isWrittenBySession: boolean;
  /** The types whose every value this one takes, whole: no row of theirs has to be looked at. */
  takesWhole(field: TypedField): readonly WholeType[];
  /**
   * Whether a value of another type, which the server's cast takes, keeps all that it says. On any type: it goes by
   * the text of the value. None, where no cast to this type loses anything. `type` is this type as SQL writes it.
   */
  keeps(value: string, type: string, field: TypedField): string | undefined;
  /** What the server's cast does not ask of a value, and the column does. */
  takes(value: string, field: TypedField): string | undefined;
  /**
   * Whether the server's cast takes a value, on any type that it has a cast from; on PostgreSQL 16 and later. `type` is
   * this type as SQL writes it.
   */
  converts(value: string, type: string): string;
  /** `pg_attribute.atttypmod` of a column of the type. */
  modifier(field: TypedField): number;
  /** An expression for the type as SQL writes it, where options are the column's own, by its modifier. */
  ownName(field: TypedField, modifier: string): string;
  /** What a column of the type, as SQL writes it, holds numbers to: pg-mem does not. */
  numberLimits(columnSql: string): NumberLimits | undefined;
  /** A CHECK is all that tells the type from that of its column. */
  readonly isHeldByCheck: boolean;
  /** The values that the column is held to by a CHECK, where the type has one. */
  checkedValues(field: TypedField): readonly string[] | undefined;
  /** The options that make a column of the catalog one of this type, or undefined where it is of another. */
  read(column: CatalogColumn): TypeOptions | undefined;
  /** What {@link readDefault} would have kept of a default that the catalog has; undefined where it is none of ours. */
  readDefaultText(text: DefaultText): Json | undefined;
  /** The value of a default, the same text for the same value. */
  defaultValue(kept: Json): string;
}

/** A number is in a range, and rounded to so many digits after the point. */
export interface NumberLimits {
  readonly range?: readonly [min: number, max: number];
  readonly digits?: number;
}

/** What only the server can find, under the lock. */
export interface ServerFault {
  readonly when: string;
  readonly message: string;
}

/** A column as far as it shows its type. */
export interface CatalogColumn {
  /** As `format_type` names the type, without its modifier. */
  readonly type: string;
  /** `pg_attribute.atttypmod`. */
  readonly modifier: number;
  /** The texts that a CHECK holds the column to, where there is such a check. */
  readonly values?: readonly string[] | undefined;
}

/** A type by its name in the catalog, and the range of its modifiers, where it has some (`pg_attribute.atttypmod`). */
export interface WholeType {
  readonly name: string;
  readonly modifiers?: readonly [min: number, max: number];
  /** Of a numeric: its scale is in the low bits of the modifier. */
  readonly scale?: number;
  /** PostgreSQL writes every row anew, though none can lose anything (manual, ALTER TABLE, Notes). */
  readonly rewrites?: boolean;
  /** Its range is wider: nothing is lost, and a value beyond stops the change. */
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
    column: (table, field) => table.specificType(field.name, typeSql(parts.catalogName(field))),
    columnTypes: [parts.catalogName({ name: '' }).replace(/\(.*/, '')],
    isText: false,
    isWrittenBySession: false,
    numberLimits: () => undefined,
    isHeldByCheck: false,
    takesWhole: () => [{ name: parts.catalogName({ name: '' }) }],
    keeps: () => undefined,
    takes: () => undefined,
    converts: (value, type) => (parts.isText === true ? 'true' : isInput(`${value}::pg_catalog.text`, type)),
    modifier: () => -1,
    ownName: (field) => literal(typeSql(parts.catalogName(field))),
    checkedValues: () => undefined,
    read: ({ type, modifier, values }) =>
      type === parts.catalogName({ name: '' }) && modifier === -1 && values === undefined ? {} : undefined,
    defaultValue: (kept) => JSON.stringify(kept),
    ...parts,
  };
}

/** What was read: the value to keep, or why there is none. The value itself is in no message. */
export type Read = { readonly kept: Json } | { readonly fault: string };

/** `{ fn: 'now' }` and the like: nothing but the function's name. */
export function isFunctionCall(value: unknown, fn: string): boolean {
  return isPlainObject(value) && Object.keys(value).length === 1 && Object.hasOwn(value, 'fn') && value.fn === fn;
}

/**
 * What a caller writes. These types are for editors and compilers; the codecs are what checks at run time, and
 * a proof at the end of field-spec.ts, model-spec.ts and operations/index.ts keeps the two together.
 */

/** What becomes of a row when the row that it refers to is deleted (manual 5.5.5, Foreign Keys). */
export type OnDelete = 'CASCADE' | 'SET NULL' | 'RESTRICT';

/** The column that a field refers to. It has a primary key or a unique constraint of its own. */
export interface ReferenceSpec {
  /** The org itself, or one of the option `sharedSchemas`. */
  readonly schema: string;
  /** The table that is referred to. */
  readonly table: string;
  /** Its column. */
  readonly column: string;
  /** What a delete there does here: deletes the row too, sets the field to null, or is refused. */
  readonly onDelete: OnDelete;
}

/** What a field of every type has. */
export interface FieldBase {
  /** The column. Letters and digits of any script, `_`, `-`, `$`; at most 63 bytes. */
  readonly name: string;
  /** Whether it may be null. Default true; a key never is. */
  readonly nullable?: boolean | undefined;
  /** A unique constraint on this field alone. Default false. */
  readonly unique?: boolean | undefined;
  /** A foreign key of this field alone; one of several columns is in the model's `foreignKeys`. */
  readonly references?: ReferenceSpec | undefined;
  /** Part of the primary key. Where no field says so, the one named `id` is the key, unless it says `false`. */
  readonly primaryKey?: boolean | undefined;
  /** The comment on the column. */
  readonly comment?: string | undefined;
}

/** What a type does not take, for code that reads fields of every type. */
interface NoLength {
  /** Only a String takes it. */
  readonly length?: undefined;
}
interface NoDigits {
  /** Only a Decimal takes it. */
  readonly precision?: undefined;
  /** Only a Decimal takes it. */
  readonly scale?: undefined;
}
interface NoValues {
  /** Only an Enum takes them. */
  readonly values?: undefined;
}
type Plain = FieldBase & NoLength & NoDigits & NoValues;

/** `varchar(length)`. */
export interface StringField extends FieldBase, NoDigits, NoValues {
  readonly type: 'String';
  /** The most characters it holds, from 1 to 10485760. Default 100. */
  readonly length?: number | undefined;
  /** Stored as given; it has to fit the `length`. `null` means none. */
  readonly default?: string | null | undefined;
}

/** `text`. */
export interface TextField extends Plain {
  readonly type: 'Text';
  /** Stored as given, up to 2,000,000 bytes. `null` means none. */
  readonly default?: string | null | undefined;
}

/** `integer`. */
export interface IntField extends Plain {
  readonly type: 'Int';
  /** A whole number from -2147483648 to 2147483647. `null` means none. */
  readonly default?: number | null | undefined;
}

/** `bigint`. */
export interface BigIntField extends Plain {
  readonly type: 'BigInt';
  /** A whole number, a bigint, or digits as a string. `null` means none. */
  readonly default?: number | bigint | string | null | undefined;
}

/** `double precision`: exactly JavaScript's number. */
export interface FloatField extends Plain {
  readonly type: 'Float';
  /** A finite number, or `'-0'`, which JSON has no number for. `null` means none. */
  readonly default?: number | '-0' | null | undefined;
}

/** `numeric`, or `numeric(precision, scale)`. */
export interface DecimalField extends FieldBase, NoLength, NoValues {
  readonly type: 'Decimal';
  /** All digits, from 1 to 1000. Without it every digit that is given is kept. */
  readonly precision?: number | undefined;
  /** The digits after the point, from 0 to `precision`. Default 0. */
  readonly scale?: number | undefined;
  /** A number, or its digits as a string. It has to fit. `null` means none. */
  readonly default?: number | string | null | undefined;
}

/** `boolean`. */
export interface BooleanField extends Plain {
  readonly type: 'Boolean';
  /** `null` means none. */
  readonly default?: boolean | null | undefined;
}

/** The time at which a row is inserted, by the server's clock. */
export interface Now {
  readonly fn: 'now';
}

/** `timestamp with time zone`. */
export interface DateTimeField extends Plain {
  readonly type: 'DateTime';
  /** ISO 8601 with `Z` or an offset, a Date, or `{ fn: 'now' }`. `null` means none. */
  readonly default?: string | Date | Now | null | undefined;
}

/** `date`. */
export interface DateField extends Plain {
  readonly type: 'Date';
  /** `'2024-02-29'`, a Date that is midnight in UTC, or `{ fn: 'now' }`. `null` means none. */
  readonly default?: string | Date | Now | null | undefined;
}

/** `time`, without a time zone. */
export interface TimeField extends Plain {
  readonly type: 'Time';
  /** `'23:59:59.999'`, a Date on 1970-01-01 in UTC, or `{ fn: 'now' }`. `null` means none. */
  readonly default?: string | Date | Now | null | undefined;
}

/** `jsonb`. */
export interface JsonField extends Plain {
  readonly type: 'Json';
  /** Any JSON value of at most 100 levels. `null` means none. */
  readonly default?: unknown;
}

/** `uuid`. */
export interface UuidField extends Plain {
  readonly type: 'Uuid';
  /** A uuid, or `{ fn: 'uuid' }` for a new one in each row. `null` means none. */
  readonly default?: string | { readonly fn: 'uuid' } | null | undefined;
}

/** `bytea`. */
export interface BytesField extends Plain {
  readonly type: 'Bytes';
  /** A Buffer or another Uint8Array, or its base64; at most 750,000 bytes. `null` means none. */
  readonly default?: Uint8Array | { readonly base64: string } | null | undefined;
}

/** `text`, held to `values` by a named CHECK. */
export interface EnumField extends FieldBase, NoLength, NoDigits {
  readonly type: 'Enum';
  /** The values that it takes; at least one, each once. */
  readonly values: readonly string[];
  /** One of `values`. `null` means none. */
  readonly default?: string | null | undefined;
}

/**
 * One field of a model, which becomes one column: by its `type`, which says what else it takes.
 *
 * A spec that comes from JSON is of no such type to the compiler: give it as it is, `JSON.parse(text) as
 * FieldSpec`. It is checked at run time all the same.
 *
 * @example
 * { name: 'amount', type: 'Decimal', precision: 12, scale: 2, nullable: false, default: 0 }
 * // "amount" decimal(12, 2) not null default '0'
 */
export type FieldSpec =
  | StringField
  | TextField
  | IntField
  | BigIntField
  | FloatField
  | DecimalField
  | BooleanField
  | DateTimeField
  | DateField
  | TimeField
  | JsonField
  | UuidField
  | BytesField
  | EnumField;

/** An index over one or more columns. */
export interface IndexSpec {
  /** From 1 to 32 fields, in their order. */
  readonly columns: readonly string[];
  /** No two rows may be alike in all of its columns. Default false. */
  readonly unique?: boolean | undefined;
  /** Default: a name derived from the table and the columns. */
  readonly name?: string | undefined;
}

/** A foreign key of several columns; one of a single column is a field's `references`. */
export interface ForeignKeySpec {
  /** Fields of this model, from 1 to 32. */
  readonly columns: readonly string[];
  readonly references: {
    /** The org itself, or one of the option `sharedSchemas`. */
    readonly schema: string;
    /** The table that is referred to. */
    readonly table: string;
    /** As many columns there, in the order of `columns`. */
    readonly columns: readonly string[];
    /** What a delete there does here. */
    readonly onDelete: OnDelete;
  };
}

/**
 * A model, which becomes one table.
 *
 * @example
 * { table: 'invoice', fields: [{ name: 'id', type: 'Uuid' }, { name: 'total', type: 'Float' }], indexes: [{ columns: ['total'] }] }
 */
export interface ModelSpec {
  /** The table. Letters and digits of any script, `_`, `-`, `$`; at most 63 bytes. */
  readonly table: string;
  /** Its fields, in the order of its columns. */
  readonly fields: readonly FieldSpec[];
  /** The comment on the table. */
  readonly comment?: string | undefined;
  /** Indexes over one or more fields. */
  readonly indexes?: readonly IndexSpec[] | undefined;
  /** Foreign keys of several columns. */
  readonly foreignKeys?: readonly ForeignKeySpec[] | undefined;
}

/** Fails to compile where two types are not the same. */
export type Proved<T extends true> = T;

/** Whether two types are the same, `readonly` and optional properties included. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** An intersection written out, for {@link Same}. */
export type Flat<T> = { [K in keyof T]: T[K] };

/** Every key that some member of a union has. */
export type KeyOfEach<U> = U extends unknown ? keyof U : never;

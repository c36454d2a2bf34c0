/**
 * What callers write. These types are for editors and compilers; the codecs check at run time. Proofs at the end of
 * field-spec.ts, model-spec.ts and operations/index.ts keep the two together.
 */
import type { ArrayTypeName, fieldTypes, FieldTypeName } from '../field-types';
import type { TypeOption } from '../field-types/options';

/** What becomes of a row when the row that it refers to is deleted, or its key changed (manual 5.5.5, Foreign Keys). */
export type OnDelete = 'CASCADE' | 'SET NULL' | 'RESTRICT' | 'NO ACTION';

/** What every reference has. */
interface ReferenceBase {
  /** The org itself, which is the default, or one of the option `sharedSchemas`. */
  readonly schema?: string | undefined;
  /** The table that is referred to. */
  readonly table: string;
  /**
   * What a delete there does here: it deletes the row too, sets the field to null, or is refused, at once or at the end
   * of its statement. Default `'NO ACTION'`, the last.
   */
  readonly onDelete?: OnDelete | undefined;
  /** What a change of the key there does here. Default `'NO ACTION'`. */
  readonly onUpdate?: OnDelete | undefined;
  /**
   * Whether a transaction may put the check off until COMMIT (`set constraints … deferred`), or does so by itself
   * (`'deferred'`). Default neither.
   */
  readonly deferrable?: true | 'deferred' | undefined;
}

/** The column that a field refers to. It needs a primary key or a unique constraint on exactly this column. */
export interface ReferenceSpec extends ReferenceBase {
  /** Its column. */
  readonly column: string;
}

/** The columns that several columns refer to, together. */
export interface ReferencesSpec extends ReferenceBase {
  /** As many columns there, in the order of `columns`. */
  readonly columns: readonly string[];
}

/** The properties of fields of every type. */
export interface FieldBase {
  /** The name of the column. Letters and digits of any script, `_`, `-`, `$`; at most 63 bytes. */
  readonly name: string;
  /** Whether it can be null. Default true; a key never can. */
  readonly nullable?: boolean | undefined;
  /** A unique constraint on this field alone. Default false. */
  readonly unique?: boolean | undefined;
  /** A foreign key on this field alone, which is no array; those over several columns are in the model's `foreignKeys`. */
  readonly references?: ReferenceSpec | undefined;
  /** Part of the primary key. If no field sets it, the field named `id` is the key; `false` prevents that. */
  readonly primaryKey?: boolean | undefined;
  /** The comment on the column. */
  readonly comment?: string | undefined;
}

/** A field of one type, such as `FieldOf<'String'>`: the common properties and those of its type. */
export type FieldOf<Name extends FieldTypeName> = {
  [N in Name]: FieldBase & { readonly type: N } & (OneOf<N> | (N extends ArrayTypeName ? ManyOf<N> : never)) & {
      readonly [Option in Exclude<TypeOption | 'identity', keyof TakenBy<N>>]?: undefined;
    };
}[Name];

type TakenBy<N extends FieldTypeName> = NonNullable<(typeof fieldTypes)[N]['taken']>;

/** One value of a type. */
type OneOf<N extends FieldTypeName> = TakenBy<N> & { readonly array?: false | undefined };

/** An array of values of a type. */
type ManyOf<N extends ArrayTypeName> = Omit<TakenBy<N>, 'default' | 'identity'> & {
  /**
   * Whether the field holds an array of values of the type (`varchar(100)[]`) instead of one. Of every type but a Json,
   * which is a list by itself. Default false.
   */
  readonly array: true;
  /** A list of values, each as the type takes it; `[]` is an empty array. `null` means none. */
  readonly default?: readonly NonNullable<TakenBy<N>['default']>[] | null | undefined;
  /** Nothing counts arrays. */
  readonly identity?: undefined;
};

/**
 * One field of a model, which becomes one column. Its `type` decides which other properties it takes.
 *
 * A spec from JSON has no such type for the compiler: pass it as `JSON.parse(text) as FieldSpec`. It is checked at run
 * time in any case.
 *
 * @example
 * { name: 'amount', type: 'Decimal', precision: 12, scale: 2, nullable: false, default: 0 }
 * // "amount" decimal(12, 2) not null default '0'
 */
export type FieldSpec = FieldOf<FieldTypeName>;

/** How an index finds rows (manual 11.2, Index Types). */
export type IndexMethod = 'btree' | 'hash' | 'gin' | 'gist' | 'brin';

/** A column of an index, with how it is indexed. */
export interface IndexColumnSpec {
  /** A field of the model. */
  readonly column: string;
  /** Of a btree. Default `'asc'`. */
  readonly order?: 'asc' | 'desc' | undefined;
  /** Where nulls come in a btree. Default `'last'`, and `'first'` where the order is `'desc'`. */
  readonly nulls?: 'first' | 'last' | undefined;
  /** Indexes `lower(column)`, for a search or a unique index that ignores case. */
  readonly lower?: true | undefined;
  /**
   * An operator class of PostgreSQL's own, such as `'jsonb_path_ops'` or `'text_pattern_ops'`, or one of a schema of
   * `sharedSchemas`, such as `'public.gin_trgm_ops'`. Default: that of the column's type.
   */
  readonly operatorClass?: string | undefined;
}

/** A condition on the rows that an index has. */
export type IndexConditionSpec =
  | { readonly column: string; readonly is: 'null' | 'not null'; readonly equals?: undefined }
  | {
      readonly column: string;
      /** A value of the field's type, as its default is written; of no Json, no Bytes and no array. */
      readonly equals: string | number | boolean;
      readonly is?: undefined;
    };

/**
 * An index over one or more columns.
 *
 * @example
 * { columns: [{ column: 'email', lower: true }], unique: true, where: [{ column: 'deleted_at', is: 'null' }] }
 * // create unique index "…" on "acme-corp"."person" (lower("email")) where "deleted_at" is null
 */
export interface IndexSpec {
  /** From 1 to 32 fields, in order. */
  readonly columns: readonly (string | IndexColumnSpec)[];
  /** Whether no two rows may have the same values in all of its columns. Default false. */
  readonly unique?: boolean | undefined;
  /** Default: a name derived from the table and the columns. */
  readonly name?: string | undefined;
  /**
   * Default `'btree'`. A `'hash'` is over one field and finds equal values, however long; a `'gin'` finds what is inside
   * a Json or an array.
   */
  readonly method?: IndexMethod | undefined;
  /** Only rows that meet all of these conditions are in the index. Default: all rows. */
  readonly where?: readonly IndexConditionSpec[] | undefined;
  /** Fields that a query can read from the index alone; it is not ordered by them. */
  readonly include?: readonly string[] | undefined;
  /** Of a unique index: two nulls are alike, too. Needs PostgreSQL 15. Default false. */
  readonly nullsNotDistinct?: boolean | undefined;
}

/** A foreign key. In a model those of several columns; one of a single column is a field's `references`. */
export interface ForeignKeySpec {
  /** Fields of this model, from 1 to 32. */
  readonly columns: readonly string[];
  /** What they refer to. */
  readonly references: ReferencesSpec;
}

/**
 * A model, which becomes one table.
 *
 * @example
 * { table: 'invoice', fields: [{ name: 'id', type: 'Uuid' }, { name: 'total', type: 'Float' }], indexes: [{ columns: ['total'] }] }
 */
export interface ModelSpec {
  /** The name of the table. Letters and digits of any script, `_`, `-`, `$`; at most 63 bytes. */
  readonly table: string;
  /** Its fields, in the order of its columns. */
  readonly fields: readonly FieldSpec[];
  /** The comment on the table. */
  readonly comment?: string | undefined;
  /** Indexes over one or more fields. */
  readonly indexes?: readonly IndexSpec[] | undefined;
  /** Foreign keys over several columns. */
  readonly foreignKeys?: readonly ForeignKeySpec[] | undefined;
}

/** Fails to compile if two types differ. */
export type Proved<T extends true> = T;

/** Whether two types are the same, `readonly` and optional properties included. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Every key of any member of a union. */
export type KeyOfEach<U> = U extends unknown ? keyof U : never;

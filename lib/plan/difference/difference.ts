import type { Json } from '../../field-types/field-type';
import type { TypeSpec } from '../../field-types/type-change';
import type { Extra } from '../../spec/extra';
import type { FieldSpec, ForeignKeySpec, IndexSpec, ModelSpec } from '../../spec/spec-types';

/**
 * What brings the database to the desired state: a `change`; one that is `destructive`, since rows lose something; or
 * somebody's hand, since no change can.
 */
export type Remedy = 'change' | 'destructive' | 'manual';

/** Desired and actual; undefined is none. */
interface Both<Desired, Actual = Desired> {
  readonly desired: Desired;
  readonly actual: Actual;
}

type OfTable<Kind extends string> = { readonly kind: Kind; readonly table: string };
type OfColumn<Kind extends string> = OfTable<Kind> & { readonly column: string };

type Found =
  | (OfTable<'missingModel'> & { readonly desired: ModelSpec })
  | (OfTable<'extraModel'> & { readonly actual: ModelSpec })
  | (OfColumn<'missingField'> & { readonly desired: FieldSpec })
  | (OfColumn<'extraField'> & { readonly actual: FieldSpec })
  /** An {@link Extra} for a column whose type no field has. */
  | (OfColumn<'type'> & Both<TypeSpec, TypeSpec | Extra>)
  /** The values that the column is held to, by the types: an Enum has some. */
  | (OfColumn<'values'> & Both<TypeSpec>)
  | (OfColumn<'nullable'> & Both<boolean>)
  /** Whether PostgreSQL counts. */
  | (OfColumn<'identity'> & Both<boolean>)
  /** An {@link Extra} for a default that no field can say. */
  | (OfColumn<'default'> &
      Both<Json | undefined, Json | undefined | Extra> & {
        /** Of an array: its type, without which a list could be a Json. */
        readonly type?: TypeSpec;
      })
  | (OfColumn<'unique'> & Both<boolean>)
  | (OfTable<'comment'> & { readonly column?: string } & Both<string | undefined>)
  /** The columns of the primary key, in the order in which the table has them. */
  | (OfTable<'key'> & Both<readonly string[], readonly string[] | Extra>)
  | (OfTable<'missingIndex'> & { readonly desired: IndexSpec })
  | (OfTable<'extraIndex'> & { readonly actual: IndexSpec })
  /** Over the same columns, and otherwise not what was desired: another name, or an {@link Extra} such as one that is not valid. */
  | (OfTable<'index'> & Both<IndexSpec, IndexSpec | Extra>)
  | (OfTable<'missingReference'> & { readonly desired: ForeignKeySpec })
  | (OfTable<'extraReference'> & { readonly actual: ForeignKeySpec })
  /** On the same columns, with another target or another action. */
  | (OfTable<'reference'> & Both<ForeignKeySpec, ForeignKeySpec | Extra>)
  | { readonly kind: 'missingObject'; readonly desired: Extra }
  | { readonly kind: 'extraObject'; readonly actual: Extra }
  | ({ readonly kind: 'object' } & Both<Extra>);

/** One difference between the desired models and the actual ones, by its `kind`. Plain data. */
export type Difference = Found & {
  readonly remedy: Remedy;
  /** In words: what else it may be, such as a renaming. */
  readonly hint?: string;
};

/** A kind of difference between two lists of models. */
export type DifferenceKind = Difference['kind'];

/** A difference of one kind. */
export type DifferenceOf<K extends DifferenceKind> = Extract<Difference, { readonly kind: K }>;

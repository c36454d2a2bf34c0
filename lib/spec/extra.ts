import type { ModelSpec } from './spec-types';

/**
 * Something in a schema that no spec can express: a trigger, a partition, an index on an expression, a column of a type
 * without a field type. Or something unusual about what a spec does express, such as a foreign key that is not validated.
 */
export interface Extra {
  /** What it is: `trigger`, `view`, `index`, `column`, `default`, … */
  readonly kind: string;
  /** Its name; that of a function includes its arguments, that of a default is its column's. */
  readonly name: string;
  /** The table that it is a part of. */
  readonly table?: string;
  /** Of a key, an index or a check: its columns. */
  readonly columns?: readonly string[];
  /** What makes it an extra: `not validated`, `type point`, `disabled`, an expression that no spec produces. */
  readonly detail?: string;
}

/** The detail of a foreign key or a check that existing rows may violate. */
export const NOT_VALIDATED = 'not validated';

/** The detail of what is over a column whose type no field has: that column is the extra that matters. */
export const NO_FIELD = 'on a column that is no field';

/** Everything in a tenant's schema. */
export interface TenantInspection {
  readonly org: string;
  /** The tables, as specs that would create them. */
  readonly models: readonly ModelSpec[];
  readonly extras: readonly Extra[];
}

/** What one model is in the database. */
export interface ModelInspection {
  readonly org: string;
  readonly model: ModelSpec;
  readonly extras: readonly Extra[];
}

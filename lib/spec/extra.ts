import type { ModelSpec } from './spec-types';

/**
 * Something of a schema that no spec can say: a trigger, a partition, an index on an expression, a column of a type that
 * is none of ours. Or what is unusual about something that a spec does say, such as a foreign key that is not validated.
 */
export interface Extra {
  /** What it is: `trigger`, `view`, `index`, `column`, `default`, … */
  readonly kind: string;
  /** Its name; a function's has its arguments, a default's is its column's. */
  readonly name: string;
  /** The table that it is a part of. */
  readonly table?: string;
  /** What makes it an extra: `not validated`, `type point`, `disabled`, an expression that is none of ours. */
  readonly detail?: string;
}

/** What is in a tenant's schema: all of it. */
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

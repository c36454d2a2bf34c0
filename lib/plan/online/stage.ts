import type { ErrorCode } from '../../errors';
import type { Identifier } from '../../sql/identifier';
import type { Statement } from '../../sql/statement';
import type { Step } from '../plan';

/** How a change is made on a table that others keep using: what is looked at before anything is done, and the stages. */
export type Stages =
  | { readonly checks: readonly PreCheck[]; readonly stages: readonly Stage[] }
  /** Why there are none. */
  | { readonly refused: string };

/** A look at the rows, or at the catalog, before the first stage. It changes nothing and locks nobody out. */
export type PreCheck =
  /** Fails by itself. */
  | { readonly guard: Statement }
  /** Counts what is in the way. */
  | {
      readonly code: ErrorCode;
      readonly columns: readonly Identifier[];
      /** A row with `found`: how many, at most {@link MAX_FOUND}. */
      readonly sql: string;
      /** What is said instead of the message of the code. */
      readonly message?: string;
    };

/** A pre-check counts no further. */
export const MAX_FOUND = 1000;

/** One part of an online change. What one has done outlives a crash; a repeated call goes on with the one that is due. */
export type Stage =
  TransactionStage | KeysStage | BuildStage | CopyIndexesStage | DropIndexStage | ValidateStage | FillStage;

/** Brief strong locks, in a transaction. */
export interface TransactionStage {
  readonly kind: 'transaction';
  readonly name: string;
  readonly guards?: readonly Statement[];
  readonly steps: readonly Step[];
  readonly afterwards?: readonly Statement[];
  /** What takes it back, in one transaction; undefined if it cannot be taken back. */
  readonly undo: readonly string[] | undefined;
}

/**
 * The foreign keys that the catalog names, each in a transaction of its own: it locks two tables, and no more. The step is
 * a block that treats one of them. Can be repeated.
 */
export interface KeysStage {
  readonly kind: 'keys';
  readonly name: string;
  readonly steps: readonly [Step];
  /** A query that has a row as long as one is left. */
  readonly left: string;
  /** A block that takes one of them back, and a query that has a row as long as one is left. */
  readonly undo: string;
  readonly leftToUndo: string;
}

/** `create index concurrently`. */
export interface BuildStage {
  readonly kind: 'build';
  readonly name: string;
  readonly index: Identifier;
  readonly columns: readonly Identifier[];
  readonly steps: readonly [Step];
}

/** Indexes that the catalog names: the step is a query, whose rows have the `name` and the `create index concurrently` of each. */
export interface CopyIndexesStage {
  readonly kind: 'copies';
  readonly name: string;
  readonly columns: readonly Identifier[];
  readonly steps: readonly [Step];
}

/** `drop index concurrently`. */
export interface DropIndexStage {
  readonly kind: 'drop';
  readonly name: string;
  readonly index: string;
  readonly steps: readonly [Step];
}

/** `validate constraint` or `analyze`: reads rows, and keeps nobody from reading or writing. Can be repeated. */
export interface ValidateStage {
  readonly kind: 'validate';
  readonly name: string;
  readonly columns: readonly Identifier[];
  readonly steps: readonly [Step];
  /** The same for what there was before, where that has been given back NOT VALID. */
  readonly undo?: string;
}

/** Updates of a few rows each, in the order of the primary key. */
export interface FillStage {
  readonly kind: 'fill';
  readonly name: string;
  readonly column: Identifier;
  /** Expressions on a row of `t`: the new value, and whether it has still to get it. */
  readonly set: string;
  readonly todo: string;
  readonly steps: readonly [Step];
}

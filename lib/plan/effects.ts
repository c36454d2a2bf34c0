import type { ErrorCode } from '../errors';
import type { Identifier } from '../sql/identifier';

/** A block that counts the rows which a change failed on, by the code of the failure. */
export type CountsOfRows = Readonly<Partial<Record<ErrorCode, string>>>;

/** A table, or a column of it, that has to be there, or must not be there, for a change to succeed. */
export interface Expectation {
  readonly schema: Identifier;
  readonly table: Identifier;
  /** Without one, the table itself is meant. */
  readonly column?: Identifier;
  readonly present: boolean;
  /** What it is called when the expectation is not met. */
  readonly code: ErrorCode;
}

/** A table, or a column of it, that is there after the change, or is no longer. */
export type Effect = Omit<Expectation, 'code'>;

/** What a change is about: for its log record, and for telling what was wrong when it failed. */
export interface Subject {
  /** The operation in SQL's words. */
  readonly message: string;
  /** None where the schema itself is changed. */
  readonly table?: Identifier;
  readonly fields: readonly Identifier[];
  /** What may go with a field that is dropped. */
  readonly cascade?: readonly string[] | undefined;
  /** What counts the rows that it can fail on. */
  readonly rows?: CountsOfRows;
  /** In the order in which PostgreSQL comes upon them. */
  readonly expectations: readonly Expectation[];
  readonly effects: readonly Effect[];
}

/** The table has to be there. */
export function expectedModel(schema: Identifier, table: Identifier): Expectation {
  return { schema, table, present: true, code: 'MODEL_NOT_FOUND' };
}

/** The table that is referred to, and its columns, have to be there. */
export function expectedReference(
  schema: Identifier,
  table: Identifier,
  columns: readonly Identifier[],
): readonly Expectation[] {
  const target = { schema, table, present: true, code: 'REFERENCE_NOT_FOUND' } as const;
  return [target, ...columns.map((column) => ({ ...target, column }))];
}

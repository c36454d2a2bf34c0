import type { Identifier } from '../sql/identifier';
import { expectationsOf, fieldsOf, presenceAfter, type Expectation, type Presence } from './effects';
import { operationOf, type CheckedChange } from './operations';
import type { CountsOfRows } from './plan';

/** What a change affects: for its log record, and for finding the cause when it fails. */
export interface Subject {
  /** The operation in SQL. */
  readonly message: string;
  /** Undefined if the schema itself is changed. */
  readonly table?: Identifier;
  readonly fields: readonly Identifier[];
  /** The objects that can be dropped with a field. */
  readonly cascade?: readonly string[] | undefined;
  /** Counts the rows that it can fail on. */
  readonly rows?: CountsOfRows;
  /** In the order in which PostgreSQL checks them. */
  readonly expectations: readonly Expectation[];
  readonly presence: readonly Presence[];
}

/** The subject of a change; it follows from its effects. */
export function subjectOf(org: Identifier, change: CheckedChange): Subject {
  const operation = operationOf(change.kind);
  const effects = operation.effects(org, change);
  const cascade = effects.flatMap((effect) => ('cascade' in effect ? [effect.cascade] : []))[0];
  const rows = operation.rows?.(org, change);
  return {
    message: operation.message,
    table: change.table,
    fields: fieldsOf(effects),
    ...(cascade === undefined ? {} : { cascade }),
    ...(rows === undefined ? {} : { rows }),
    // Needed only for a failure.
    get expectations(): readonly Expectation[] {
      return expectationsOf(org, effects);
    },
    get presence(): readonly Presence[] {
      return presenceAfter(org, effects);
    },
  };
}

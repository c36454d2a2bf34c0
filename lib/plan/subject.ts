import type { Identifier } from '../sql/identifier';
import { expectationsOf, fieldsOf, presenceAfter, type Expectation, type Presence } from './effects';
import { operationOf, type CheckedChange } from './operations';
import type { CountsOfRows } from './plan';

/** What a change is about: for its log record, and for finding out what was wrong when it failed. */
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
  readonly presence: readonly Presence[];
}

/** What a change is about: all of it follows from its effects. */
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
    // Only a failure asks for these.
    get expectations(): readonly Expectation[] {
      return expectationsOf(org, effects);
    },
    get presence(): readonly Presence[] {
      return presenceAfter(org, effects);
    },
  };
}

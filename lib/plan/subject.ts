import type { Identifier } from '../sql/identifier';
import type { Advice } from './advice';
import { expectationsOf, fieldsOf, presenceAfter, type Effect, type Expectation, type Presence } from './effects';
import { operationOf, type CheckedChange } from './operations';
import type { CountsOfRows } from './plan';
import type { Planned } from './planner';

/** What a change affects: for its log record, and for finding the cause when it fails. */
export interface Subject {
  /** The operation in SQL. */
  readonly message: string;
  /** Undefined if the schema itself is changed. */
  readonly table?: Identifier;
  readonly fields: readonly Identifier[];
  /** The new name of a schema. */
  readonly to?: Identifier | undefined;
  readonly effects: readonly Effect[];
  /** What its operation says of failures. */
  readonly advice?: Advice | undefined;
  readonly buildsIndex?: boolean | undefined;
  /** What counts the rows that it can fail on. */
  readonly rows?: CountsOfRows | undefined;
  /** In the order in which PostgreSQL checks them. */
  readonly expectations: readonly Expectation[];
  readonly presence: readonly Presence[];
}

/** The subject of each change of a plan. */
export function subjectsOf(org: Identifier, { plan, effects }: Pick<Planned, 'plan' | 'effects'>): readonly Subject[] {
  return plan.changes.map((change, index) => subjectOf(org, change, effects[index] ?? []));
}

function subjectOf(org: Identifier, change: CheckedChange, effects: readonly Effect[]): Subject {
  const operation = operationOf(change.kind);
  return {
    message: operation.message,
    table: change.table,
    fields: fieldsOf(effects),
    effects,
    advice: operation.advice,
    buildsIndex: operation.buildsIndex,
    // Needed only for a failure.
    get rows(): CountsOfRows | undefined {
      return operation.rows?.(org, change);
    },
    get expectations(): readonly Expectation[] {
      return expectationsOf(org, effects);
    },
    get presence(): readonly Presence[] {
      return presenceAfter(org, effects);
    },
  };
}

/** What concerns a schema itself, and no table of it. */
export function ofSchema(message: string): Subject {
  return { message, fields: [], effects: [], expectations: [], presence: [] };
}

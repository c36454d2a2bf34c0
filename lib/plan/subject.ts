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
  return plan.changes.map((change, index) => new SubjectOfChange(org, change, effects[index] ?? []));
}

/** A class, so that what is needed only for a failure costs nothing before one. */
class SubjectOfChange implements Subject {
  readonly message: string;
  readonly table: Identifier;
  readonly fields: readonly Identifier[];
  readonly #org: Identifier;
  readonly #change: CheckedChange;

  constructor(
    org: Identifier,
    change: CheckedChange,
    readonly effects: readonly Effect[],
  ) {
    this.message = operationOf(change.kind).message;
    this.table = change.table;
    this.fields = fieldsOf(effects);
    this.#org = org;
    this.#change = change;
  }

  get advice(): Advice | undefined {
    const { advice } = operationOf(this.#change.kind);
    return typeof advice === 'function' ? advice(this.#change) : advice;
  }

  get buildsIndex(): boolean | undefined {
    return operationOf(this.#change.kind).buildsIndex;
  }

  get rows(): CountsOfRows | undefined {
    return operationOf(this.#change.kind).rows?.(this.#org, this.#change);
  }

  get expectations(): readonly Expectation[] {
    return expectationsOf(this.#org, this.effects);
  }

  get presence(): readonly Presence[] {
    return presenceAfter(this.#org, this.effects);
  }
}

/** What concerns a schema itself, and no table of it. */
export function ofSchema(message: string): Subject {
  return { message, fields: [], effects: [], expectations: [], presence: [] };
}

import type { Identifier } from '../sql/identifier';
import type { Twofold } from '../sql/statement';
import type { Effect } from './effects';
import { keysBefore } from './keys-before';
import { operationOf, type Change, type CheckedChange } from './operations';
import { asCitusStep, withoutHazards, type ChangePlan, type ChangeStep, type HazardOn, type KeysOf } from './plan';
import type { PlanOf, Run, Step, Unforeseen } from './plan';
import { refusedOnCitusError, type RefusedOnCitus } from './refused-on-citus';
import { sharedLockHazards } from './shared-lock';
import { tableNames, type TableNames } from './table-names';
import { byCodeUnit } from './by-code-unit';

/** What will run for a list of changes. Plain data: it can be shown, logged and stored. */
export type Plan = PlanOf<Change>;

/** A plan, and everything that runs for it: the steps of each change, after its guards. */
export interface Planned {
  readonly plan: PlanOf<CheckedChange>;
  readonly runs: readonly Run[];
  /** The hazards that show only while a change runs. */
  readonly unforeseen: readonly Unforeseen[];
  /** Whose foreign keys are dropped, by the names from before the plan. */
  readonly keysDropped: readonly KeysOf[];
  /** The first change that Citus cannot make. */
  readonly refusedOnCitus?: RefusedOnCitus | undefined;
  /** Of each change. */
  readonly effects: readonly (readonly Effect[])[];
}

/** Plans a list of checked changes: their statements in the order in which they run, with locks, costs and hazards. Pure; called by planChange and applyChange. `onCitus`: with the SQL and the locks that its steps have there, or UNSUPPORTED_DATABASE. */
export function planned(org: Identifier, changes: readonly CheckedChange[], onCitus = false): Planned {
  const names = tableNames();
  const keysDropped: KeysOf[] = [];
  const effects: (readonly Effect[])[] = [];
  const unforeseen: Unforeseen[] = [];
  let refusedOnCitus: RefusedOnCitus | undefined;
  const runs: Run[] = [];
  const steps: Step[] = [];
  let last: ChangeStep[] = [];
  // A guard is not a step: it changes nothing.
  const add = (added: readonly ChangeStep[]): Run['steps'] => {
    for (const step of added.map(onCitus ? asCitusStep : withoutHazards)) {
      steps.push(names.changed() ? asOthersSeeIt(org, step, names) : step);
    }
    return added.map(statementOf);
  };
  const addLast = (): void => {
    if (last.length > 0) runs.push({ guards: [], steps: add(last.sort(inLockOrder(org))), hazards: [] });
    last = [];
  };

  for (const change of changes) {
    const operation = operationOf(change.kind);
    const isNew = (schema: string, table: string): boolean => schema === org && names.before(table) === undefined;
    const own = operation.plan(org, change, isNew);
    const { guards = [], afterwards = [], lastSteps, goesByCatalog, dropsKeysOf } = own;
    refusedOnCitus ??= own.refusedOnCitus;
    if (lastSteps === undefined) addLast();
    const keys = dropsKeysOf && keysBefore(dropsKeysOf, effects.flat());
    if (keys !== undefined) keysDropped.push(keys);
    const shared = sharedLocks(org, change.table, [...own.steps, ...(lastSteps ?? [])]);
    const hazards = [...hazardsOn(org, change, own, names), ...shared];
    runs.push({ goesByCatalog, guards, steps: add(own.steps), afterwards, hazards, dropsKeysOf });
    last.push(...(lastSteps ?? []));
    unforeseen.push(...(own.unforeseen ?? []));
    const done = operation.effects(org, change);
    effects.push(done);
    names.follow(done);
  }
  addLast();
  if (onCitus && refusedOnCitus !== undefined) throw refusedOnCitusError(org, refusedOnCitus);

  const hazards = runs.flatMap((run) => run.hazards.map(({ hazard }) => hazard));
  return { plan: { org, changes, steps, hazards }, runs, unforeseen, keysDropped, effects, refusedOnCitus };
}

function statementOf({ sql, onCitus }: ChangeStep): string | Twofold {
  return onCitus === undefined ? sql : { sql, onCitus };
}

/** A checked change is a valid change again: the codec has verified that the options and the default fit the type. */
export function asWritten(plan: Planned['plan']): Plan {
  return plan as unknown as Plan;
}

/** Includes a table that the plan creates: the other table is in use. */
function sharedLocks(org: Identifier, table: Identifier, steps: readonly Step[]): readonly HazardOn[] {
  const found = sharedLockHazards(org, table, steps);
  return found.map((hazard) => ({ hazard, tableBefore: table, table, exclusive: true }));
}

function hazardsOn(org: Identifier, change: CheckedChange, own: ChangePlan, names: TableNames): readonly HazardOn[] {
  const { table } = change;
  const tableBefore = names.before(table);
  if (tableBefore === undefined) return [];
  // By the name in its locks: until COMMIT, the later name may belong to another table.
  const seen =
    tableBefore === table ? own : operationOf(change.kind).plan(org, { ...change, table: tableBefore }, () => false);
  return seen.steps.flatMap(({ hazards = [], locks }) => {
    const exclusive = locks.some(({ mode }) => mode === 'AccessExclusiveLock');
    return hazards.map((hazard) => ({ hazard, tableBefore, table, exclusive }));
  });
}

/**
 * Always in the same order: two plans that lock the same two tables could otherwise deadlock. The org's own tables come
 * first, whatever its name is.
 */
function inLockOrder(org: Identifier): (a: Step, b: Step) => number {
  const rank = ({ locks: [lock] }: Step): string => (lock?.schema === org ? '' : (lock?.schema ?? ''));
  return (a, b) => byCodeUnit(rank(a), rank(b)) || byCodeUnit(a.locks[0]?.table ?? '', b.locks[0]?.table ?? '');
}

/**
 * Until COMMIT, others know a table by its old name. Nobody else uses a table that the plan creates, and it is empty, so
 * a scan costs nothing.
 */
function asOthersSeeIt(org: Identifier, step: Step, names: TableNames): Step {
  const seen = step.locks.map((lock) => (lock.schema === org ? { ...lock, table: names.before(lock.table) } : lock));
  const locks = seen.flatMap(({ table, ...lock }) => (table === undefined ? [] : [{ ...lock, table }]));
  const onNew = seen.length > 0 && seen[0]?.table === undefined;
  return { ...step, locks, ...(onNew ? { rewritesTable: false, scansTable: false } : {}) };
}

import type { Identifier } from './identifier';
import { operationOf, type CheckedChange } from './operations';
import type { HazardOn, PlanOf, Step } from './plan';
import type { Statement } from './query';
import { tableNames, type TableNames } from './table-names';

/** A plan, and all that runs for it: its statements, each behind the guards of its change. */
export interface Planned {
  readonly plan: PlanOf<CheckedChange>;
  readonly statements: readonly Statement[];
  readonly hazards: readonly HazardOn[];
}

/** The statements of a list of changes in the order they run, and what they cost. Pure. */
export function planned(org: Identifier, changes: readonly CheckedChange[]): Planned {
  const names = tableNames();
  // A guard is no step: it changes nothing.
  const statements: Statement[] = [];
  const steps: Step[] = [];
  const hazards: HazardOn[] = [];
  let last: Step[] = [];
  const add = (added: readonly Step[]): void => {
    for (const step of added) {
      statements.push(step.sql);
      steps.push(names.changed() ? asOthersSeeIt(org, step, names) : step);
    }
  };
  const addLast = (): void => {
    add(last.sort(byLockedTable));
    last = [];
  };

  for (const change of changes) {
    const operation = operationOf(change.kind);
    if (operation.lastSteps === undefined) addLast();
    statements.push(...(operation.guards?.(org, change) ?? []));
    const isNew = (schema: string, table: string): boolean => schema === org && names.before(table) === undefined;
    add(operation.steps(org, change, isNew));
    last.push(...(operation.lastSteps?.(org, change, isNew) ?? []));
    const tableBefore = names.before(change.table);
    if (tableBefore !== undefined) {
      // By the name that its locks have: until COMMIT the later one may be another table's.
      const seen = names.changed() ? { ...change, table: tableBefore } : change;
      hazards.push(...operation.hazards(org, seen).map((hazard) => ({ hazard, tableBefore })));
    }
    names.follow(change);
  }
  addLast();

  const plan = { org, changes, steps, hazards: hazards.map(({ hazard }) => hazard) };
  return { plan, statements, hazards };
}

/** In one order, the same for all: two plans that lock the same two tables would otherwise wait for each other. */
function byLockedTable({ locks: [a] }: Step, { locks: [b] }: Step): number {
  return compare(a?.schema ?? '', b?.schema ?? '') || compare(a?.table ?? '', b?.table ?? '');
}

/** By code unit, unlike localeCompare, whose order differs from one machine's locale to another's. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Until COMMIT others know a table by the name it had; one that the plan creates is nobody else's yet, and
 * empty, so that it costs nothing to read it whole.
 */
function asOthersSeeIt(org: Identifier, step: Step, names: TableNames): Step {
  const seen = step.locks.map((lock) => (lock.schema === org ? { ...lock, table: names.before(lock.table) } : lock));
  const locks = seen.flatMap(({ table, ...lock }) => (table === undefined ? [] : [{ ...lock, table }]));
  const onNew = seen.length > 0 && seen[0]?.table === undefined;
  return { ...step, locks, ...(onNew ? { rewritesTable: false, scansTable: false } : {}) };
}

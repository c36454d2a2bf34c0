import type { Identifier } from './identifier';
import { operationOf, type CheckedChange } from './operations';
import type { Lock, PlanOf, Step } from './plan';

/** A plan, and all that runs for it: its statements, each behind the guards of its change. */
export interface Planned {
  readonly plan: PlanOf<CheckedChange>;
  readonly statements: readonly string[];
  /** For each hazard of the plan, what its table is called before anything has run. */
  readonly hazardTables: readonly Identifier[];
}

/** The statements of a list of changes in the order they run, and what they cost. Pure. */
export function planned(org: Identifier, changes: readonly CheckedChange[]): Planned {
  const created = new Set(changes.filter(({ kind }) => kind === 'createModel').map(({ table }) => String(table)));
  const isNew = ({ schema, table }: Lock): boolean => schema === org && created.has(table);
  const ordered = inOrder(org, changes);
  const plan = {
    org,
    changes,
    steps: ordered.flatMap(({ step }) => (step === undefined ? [] : [withoutNew(step, isNew)])),
    hazards: changes
      .flatMap((change) => operationOf(change.kind).hazards(org, change))
      .filter(({ table }) => !created.has(table)),
  };
  const earlier = earlierNames(changes);
  const hazardTables = plan.hazards.map(({ table }) => earlier.get(table) ?? (table as Identifier));
  return { plan, statements: ordered.map(({ sql }) => sql), hazardTables };
}

/** The names that tables had before the list renamed them. */
function earlierNames(changes: readonly CheckedChange[]): ReadonlyMap<string, Identifier> {
  const earlier = new Map<string, Identifier>();
  for (const change of changes) {
    if (change.kind === 'renameModel') earlier.set(change.to, earlier.get(change.table) ?? change.table);
  }
  return earlier;
}

/** A step, or a guard, which is no step: it changes nothing. */
interface Statement {
  readonly sql: string;
  readonly step?: Step;
}

function inOrder(org: Identifier, changes: readonly CheckedChange[]): readonly Statement[] {
  const statements: Statement[] = [];
  let last: Step[] = [];
  const flush = (): void => {
    statements.push(...last.sort(byLockedTable).map(stepOf));
    last = [];
  };
  for (const change of changes) {
    const operation = operationOf(change.kind);
    if (operation.lastSteps === undefined) flush();
    statements.push(...(operation.guards?.(org, change) ?? []).map((sql) => ({ sql })));
    statements.push(...operation.steps(org, change).map(stepOf));
    last.push(...(operation.lastSteps?.(org, change) ?? []));
  }
  flush();
  return statements;
}

function stepOf(step: Step): Statement {
  return { sql: step.sql, step };
}

/** In one order, the same for all: two plans that lock the same two tables would otherwise wait for each other. */
function byLockedTable({ locks: [a] }: Step, { locks: [b] }: Step): number {
  return compare(a?.schema ?? '', b?.schema ?? '') || compare(a?.table ?? '', b?.table ?? '');
}

/** By code unit, unlike localeCompare, whose order differs from one machine's locale to another's. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A table that the plan itself creates is nobody else's yet, and empty. */
function withoutNew(step: Step, isNew: (lock: Lock) => boolean): Step {
  const locks = step.locks.filter((lock) => !isNew(lock));
  if (locks.length === step.locks.length) return step;
  const [first] = step.locks;
  const onNew = first !== undefined && isNew(first);
  return { ...step, locks, ...(onNew ? { rewritesTable: false, scansTable: false } : {}) };
}

import type { ErrorCode } from '../errors';
import type { RefusedOnCitus } from './refused-on-citus';
import type { Identifier } from '../sql/identifier';
import { citusForm } from '../sql/citus-form';
import type { Statement, Twofold } from '../sql/statement';

/**
 * PostgreSQL's table-level lock modes, as `pg_locks.mode` names them (manual 13.3.1), weakest first.
 */
export const LOCK_MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;

/** A table-level lock mode of PostgreSQL, as `pg_locks.mode` names it (manual 13.3.1). */
export type LockMode = (typeof LOCK_MODES)[number];

/** A lock that a step takes on a relation, held until the transaction ends. */
export interface Lock {
  readonly schema: string;
  readonly table: string;
  readonly mode: LockMode;
}

/** Of a lock, as quoted in SQL: its names have been checked. */
export function lockedRelation({ schema, table }: Lock): string {
  return `"${schema}"."${table}"`;
}

/** What almost every ALTER TABLE takes (manual 13.3, Explicit Locking): nobody else reads or writes the table. */
export function exclusiveLock(schema: string, table: string): Lock {
  return { schema, table, mode: 'AccessExclusiveLock' };
}

/** One SQL statement, with its locks and its cost. */
export interface Step {
  readonly sql: string;
  /** The locks on tables that others could be using, so not on tables that the plan itself creates. */
  readonly locks: readonly Lock[];
  /** Whether every row is rewritten while the lock is held. */
  readonly rewritesTable: boolean;
  /** Whether every row is read while the lock is held. */
  readonly scansTable: boolean;
  /** Whether it can run inside a transaction. */
  readonly transactional: boolean;
}

/** A step, and what it means for a table in use. A {@link PlanOf} lists the hazards apart from its steps. */
export interface ChangeStep extends Step {
  readonly hazards?: readonly Hazard[];
  /** Its text on a Citus cluster, where it differs by more than the block around it. */
  readonly onCitus?: string;
  /** Its locks on a Citus cluster, where they differ. */
  readonly locksOnCitus?: readonly Lock[];
}

/** Something in a plan that can disrupt a table in use. */
export interface Hazard {
  readonly kind: HazardKind;
  readonly table: string;
  readonly column?: string;
  readonly message: string;
  readonly saferWay: string;
}

/** A hazard that shows while the change runs: in its rows, or in what the catalog has. */
export interface Unforeseen {
  /** The key by which the server reports it. */
  readonly key: string;
  readonly hazard: Hazard;
  /** The change requests it by name: only a policy that explicitly refuses it stops the change. */
  readonly asked?: boolean;
}

/** A hazard, with the names that its table has before the plan runs and when its change runs. */
export interface HazardOn {
  readonly hazard: Hazard;
  readonly tableBefore: Identifier;
  readonly table: Identifier;
  /** Whether it blocks readers too, not only writers. */
  readonly exclusive: boolean;
}

/** What one change takes: its operation makes it, the planner puts it in order. */
export interface ChangePlan {
  /** Run before the steps: each fails if the catalog shows something that no plan can know, and changes nothing. */
  readonly guards?: readonly Statement[];
  /** The statements, in the order in which they run. */
  readonly steps: readonly ChangeStep[];
  /** Run after the steps: restores what the guards have set for them. */
  readonly afterwards?: readonly Statement[];
  /** Run after the steps of all adjacent changes that also have last steps, or could have some. */
  readonly lastSteps?: readonly Step[];
  /** Whether what it does depends on what the guards find. By default it does wherever one looks into the catalog. */
  readonly goesByCatalog?: boolean;
  /** The hazards that show only while the change runs. */
  readonly unforeseen?: readonly Unforeseen[];
  /** The foreign keys that are dropped with it: PostgreSQL also locks the tables at their other ends. */
  readonly dropsKeysOf?: KeysOf | undefined;
  /** Why it cannot be made on Citus, where that needs no look at the tables. */
  readonly refusedOnCitus?: RefusedOnCitus | undefined;
}

/** What runs for one change, in order. */
export interface Run {
  /** Undefined where the guards tell. */
  readonly goesByCatalog?: boolean | undefined;
  readonly guards: readonly Statement[];
  readonly steps: readonly (string | Twofold)[];
  readonly afterwards?: readonly Statement[];
  readonly hazards: readonly HazardOn[];
  /** Whose foreign keys are dropped or recreated. */
  readonly dropsKeysOf?: KeysOf | undefined;
}

/** The foreign keys of a table, or those over one of its columns. */
export interface KeysOf {
  readonly table: Identifier;
  readonly column?: Identifier | undefined;
  /** Includes those that refer to the column. */
  readonly bothEnds?: boolean | undefined;
}

/** The kinds of hazards, and whether each counts only if the table has rows. */
export const HAZARD_KINDS = {
  rewrite: { onRowsOnly: true },
  scan: { onRowsOnly: true },
  notNullWithoutDefault: { onRowsOnly: true },
  uniqueBuild: { onRowsOnly: true },
  indexBuild: { onRowsOnly: true },
  rename: { onRowsOnly: false },
  dataLoss: { onRowsOnly: true },
  sharedLock: { onRowsOnly: false },
  noKey: { onRowsOnly: false },
  indexSize: { onRowsOnly: false },
} as const;

/** A kind of hazard; docs/plans.md explains each. */
export type HazardKind = keyof typeof HAZARD_KINDS;

/** What will run for a list of changes: exactly this SQL, in order. Plain data. */
export interface PlanOf<C> {
  readonly org: string;
  readonly changes: readonly C[];
  readonly steps: readonly Step[];
  readonly hazards: readonly Hazard[];
}

/** A block that counts the rows that a change failed on, for each code of failure. */
export type CountsOfRows = Readonly<Partial<Record<ErrorCode, string>>>;

/** A step without costs, except for those that are named. */
export function step(sql: string, costs: Partial<Omit<ChangeStep, 'sql'>> = {}): ChangeStep {
  return { sql, locks: [], rewritesTable: false, scansTable: false, transactional: true, ...costs };
}

export function withoutHazards({ sql, locks, rewritesTable, scansTable, transactional }: ChangeStep): Step {
  return { sql, locks, rewritesTable, scansTable, transactional };
}

/** The same for a Citus cluster. */
export function asCitusStep(given: ChangeStep): Step {
  const { sql, onCitus = sql, locks, locksOnCitus = locks } = given;
  return { ...withoutHazards(given), sql: citusForm({ sql, onCitus }), locks: locksOnCitus };
}

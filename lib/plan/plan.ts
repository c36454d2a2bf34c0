import type { ErrorCode } from '../errors';
import type { Identifier } from '../sql/identifier';
import type { Statement } from '../sql/statement';

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

/** One SQL statement, and what it costs others. */
export interface Step {
  readonly sql: string;
  /** On tables that others could be using; a table that the plan itself creates is nobody else's yet. */
  readonly locks: readonly Lock[];
  /** The table is written anew, row by row, while the lock is held. */
  readonly rewritesTable: boolean;
  /** Every row is read while the lock is held. */
  readonly scansTable: boolean;
  /** Can run inside a transaction. */
  readonly transactional: boolean;
}

/** Something in a plan that can hurt a table in use. */
export interface Hazard {
  readonly kind: HazardKind;
  readonly table: string;
  readonly column?: string;
  readonly message: string;
  readonly saferWay: string;
}

/** A hazard, with its table by the name that it has before anything of the plan has run, and when its change runs. */
export interface HazardOn {
  readonly hazard: Hazard;
  readonly tableBefore: Identifier;
  readonly table: Identifier;
  /** Readers are kept out too, not only writers. */
  readonly exclusive: boolean;
}

/** What runs for one change, in this order. */
export interface Run {
  readonly guards: readonly Statement[];
  readonly steps: readonly string[];
  readonly afterwards?: readonly Statement[];
  readonly hazards: readonly HazardOn[];
  /** Whose foreign keys are dropped, or dropped and made again. */
  readonly dropsKeysOf?: KeysOf | undefined;
}

/** The foreign keys of a table, or those over one of its columns. */
export interface KeysOf {
  readonly table: Identifier;
  readonly column?: Identifier | undefined;
  /** Those that refer to the column, too. */
  readonly bothEnds?: boolean | undefined;
}

/** What can hurt, and whether it can do so only where the table has rows. */
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
} as const;

/** A kind of hazard; docs/plans.md explains each. */
export type HazardKind = keyof typeof HAZARD_KINDS;

/** What will run for a list of changes: exactly this SQL, in this order. Plain data. */
export interface PlanOf<C> {
  readonly org: string;
  readonly changes: readonly C[];
  readonly steps: readonly Step[];
  readonly hazards: readonly Hazard[];
}

/** A block that counts the rows which a change failed on, by the code of the failure. */
export type CountsOfRows = Readonly<Partial<Record<ErrorCode, string>>>;

/** A step that, but for its SQL and what is named, costs nothing. */
export function step(sql: string, costs: Partial<Omit<Step, 'sql'>> = {}): Step {
  return { sql, locks: [], rewritesTable: false, scansTable: false, transactional: true, ...costs };
}

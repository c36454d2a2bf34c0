import { subjectsOf, type Subject } from '../plan/subject';
import { lockedRelation, type HazardOn, type KeysOf, type Run, type Unforeseen } from '../plan/plan';
import type { Planned } from '../plan/planner';
import type { RefusedOnCitus } from '../plan/refused-on-citus';
import type { Identifier } from '../sql/identifier';
import { isOwnLock } from '../sql/own-lock';
import { isBlock } from '../sql/server-check';
import { isQuery, plainSql, type Statement, type Twofold } from '../sql/statement';
import type { Connection } from './wire/send';
import type { LedgerRow } from './wire/ledger-row';

/** What is to run: the steps of a plan, and what its changes affect. */
export interface Work {
  readonly org: Identifier;
  /** Set for the work of a plan. */
  readonly runs?: readonly Run[];
  /** Everything, in order. */
  readonly statements: readonly Statement[];
  readonly subjects: readonly Subject[];
  /** The tables that it may have to wait for, one after the other while holding the previous ones; as quoted in SQL. */
  readonly lockedTables?: readonly string[];
  /** Whose foreign keys it drops: it also waits for the tables at the other ends. */
  readonly keysDropped?: readonly KeysOf[];
  readonly hazards: readonly HazardOn[];
  /** Whether some of it depends on the catalog. */
  readonly readsCatalog?: boolean;
  /** The mark of its entry in the journal of withTenant. */
  readonly mark?: string | undefined;
  /** A second org that it is about, whose turn it takes too. */
  readonly otherOrg?: Identifier;
  /** It only reads, and waits for nobody's turn. */
  readonly changesNothing?: boolean;
  /** The hazards that show only while a change runs. */
  readonly unforeseen?: readonly Unforeseen[];
  /** Of a rollout: the row that is written with the change. */
  readonly ledger?: LedgerRow;
  /** What its result shows of it, in order. */
  readonly shown?: readonly (string | Twofold)[];
  /** Why Citus cannot do it. */
  readonly refusedOnCitus?: RefusedOnCitus | undefined;
  /** Called with the connection on which it ran. */
  readonly ranOn?: (connection: Connection) => void;
}

/** The work for a plan. */
export function workOf(org: Identifier, whole: Planned): Work {
  const { plan, runs, unforeseen, keysDropped } = whole;
  const lockedTables = new Set<string>();
  for (const step of plan.steps) {
    for (const lock of step.locks) lockedTables.add(lockedRelation(lock));
  }
  const statements: Statement[] = [];
  const hazards: HazardOn[] = [];
  for (const run of runs) {
    statements.push(...run.guards, ...run.steps, ...(run.afterwards ?? []));
    hazards.push(...run.hazards);
  }
  return {
    org,
    runs,
    statements,
    subjects: subjectsOf(org, whole),
    lockedTables: [...lockedTables],
    keysDropped,
    hazards,
    unforeseen,
    shown: runs.flatMap(({ steps }) => steps),
    refusedOnCitus: whole.refusedOnCitus,
    readsCatalog: runs.some(
      ({ guards, steps: own, goesByCatalog = guards.some(isLook) || own.some((sql) => isBlock(plainSql(sql))) }) =>
        goesByCatalog,
    ),
  };
}

function isLook(statement: Statement): boolean {
  return isQuery(statement) || !isOwnLock(plainSql(statement));
}

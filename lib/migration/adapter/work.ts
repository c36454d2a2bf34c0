import type { Identifier } from '../identifier';
import type { HazardOn, Run } from '../plan';
import type { Statement } from '../query';
import type { Subject } from '../subject';
import type { Unforeseen } from '../unforeseen';

/** What is to run: the steps of a plan, and what its changes are about. */
export interface Work {
  readonly org: Identifier;
  /** Where it is a plan's. */
  readonly runs?: readonly Run[];
  /** All of it, in its order. */
  readonly statements: readonly Statement[];
  readonly subjects: readonly Subject[];
  /** The tables that it may have to wait for, one after the other, holding those before; as they are quoted in SQL. */
  readonly lockedTables?: readonly string[];
  readonly hazards: readonly HazardOn[];
  /** Some of it goes by what it finds in the catalog. */
  readonly readsCatalog?: boolean;
  /** Of its entry in the journal of withTenant. */
  readonly mark?: string | undefined;
  /** Those that show only while a change runs. */
  readonly unforeseen?: readonly Unforeseen[];
}

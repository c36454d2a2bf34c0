import type { Identifier } from '../identifier';
import type { HazardOn } from '../plan';
import type { Statement } from '../query';
import type { Subject } from '../subject';

/** What is to run: the statements of a plan, and what its changes are about. */
export interface Work {
  readonly org: Identifier;
  readonly statements: readonly Statement[];
  readonly subjects: readonly Subject[];
  /** How many tables it may have to wait for, one after the other, holding those before. */
  readonly lockWaits: number;
  readonly hazards: readonly HazardOn[];
}

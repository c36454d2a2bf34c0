import type { Identifier } from '../identifier';
import type { Subject } from '../subject';

/** What is to run: the statements of a plan, and what its changes are about. */
export interface Work {
  readonly org: Identifier;
  readonly statements: readonly string[];
  readonly subjects: readonly Subject[];
}

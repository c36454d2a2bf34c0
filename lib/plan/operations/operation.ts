import type * as t from 'io-ts';
import type { Example } from '../examples/example';
import type { Identifier } from '../../sql/identifier';
import type { CountsOfRows, Hazard, KeysOf, Step } from '../plan';
import type { Statement } from '../../sql/statement';
import type { Effect } from '../effects';
import type { Unforeseen } from '../unforeseen';

/** Whether a table is one that the same plan has created before. */
export type IsNew = (schema: string, table: string) => boolean;

/** An operation: one file, one line in the registry, one test. Nothing in it touches a database. */
export interface Operation<C, S> {
  readonly codec: t.Type<C, S, unknown>;
  /** The statements, in the order they run. */
  steps(org: Identifier, change: C, isNew: IsNew): readonly Step[];
  /** Run before the steps: each fails where the catalog shows what no plan can know, and changes nothing. */
  guards?(org: Identifier, change: C): readonly Statement[];
  /** Run after the steps: puts back what the guards set for them. */
  afterwards?(org: Identifier, change: C): readonly Statement[];
  /** The hazards that show only while the change runs. */
  unforeseen?(org: Identifier, change: C): readonly Unforeseen[];
  /** Foreign keys that go with it: PostgreSQL locks the tables at their other ends, too. */
  dropsKeysOf?(change: C): KeysOf | undefined;
  /** Those that come after the statements of every change beside it that has such too. */
  lastSteps?(org: Identifier, change: C, isNew: IsNew): readonly Step[];
  hazards(org: Identifier, change: C): readonly Hazard[];
  /** In SQL's words, as the log has it. */
  readonly message: string;
  /** What it does to the tables, in the order in which PostgreSQL comes upon it. */
  effects(org: Identifier, change: C): readonly Effect[];
  /** What counts the rows that it can fail on. */
  rows?(org: Identifier, change: C): CountsOfRows;
  /** One of each variant, on the tables of docs/operations.md: documented, and proved against a server. */
  readonly examples: readonly Example<S>[];
}

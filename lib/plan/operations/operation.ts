import type * as t from 'io-ts';
import type { Identifier } from '../../sql/identifier';
import type { CountsOfRows, Hazard, KeysOf, Step } from '../plan';
import type { Statement } from '../../sql/statement';
import type { Advice } from '../advice';
import type { Effect } from '../effects';
import type { Unforeseen } from '../unforeseen';
import type { Stages } from '../online/stage';

/** Whether the same plan has already created a table. */
export type IsNew = (schema: string, table: string) => boolean;

/** An operation: one file, one line in the registry, one test. Nothing in it touches a database. */
export interface Operation<C, S> {
  readonly codec: t.Type<C, S, unknown>;
  /** The statements, in the order in which they run. */
  steps(org: Identifier, change: C, isNew: IsNew): readonly Step[];
  /** Run before the steps: each fails if the catalog shows something that no plan can know, and changes nothing. */
  guards?(org: Identifier, change: C): readonly Statement[];
  /** Whether what it does depends on what the guards find. By default it does wherever one looks into the catalog. */
  readonly goesByCatalog?: boolean;
  /** Run after the steps: restores what the guards have set for them. */
  afterwards?(org: Identifier, change: C): readonly Statement[];
  /** The hazards that show only while the change runs. */
  unforeseen?(org: Identifier, change: C): readonly Unforeseen[];
  /** The foreign keys that are dropped with it: PostgreSQL also locks the tables at their other ends. */
  dropsKeysOf?(change: C): KeysOf | undefined;
  /** Run after the steps of all adjacent changes that also have last steps. */
  lastSteps?(org: Identifier, change: C, isNew: IsNew): readonly Step[];
  hazards(org: Identifier, change: C): readonly Hazard[];
  /** The operation in SQL, for the log. */
  readonly message: string;
  /** What it does to the tables, in the order in which PostgreSQL checks it. */
  effects(org: Identifier, change: C): readonly Effect[];
  /** Its own words for failures, by their codes. */
  readonly advice?: Advice;
  /** It builds an index, in which no value may be too long. */
  readonly buildsIndex?: boolean;
  /** How it is made on a table in use, if its steps would block others for long; undefined if they do not. */
  stages?(org: Identifier, change: C): Stages | undefined;
  /** Counts the rows that it can fail on. */
  rows?(org: Identifier, change: C): CountsOfRows;
}

import type * as t from 'io-ts';
import type { Identifier } from '../../sql/identifier';
import type { Advice } from '../advice';
import type { Effect } from '../effects';
import type { Stages } from '../online/stage';
import type { ChangePlan, CountsOfRows } from '../plan';

/** Whether the same plan has already created a table. */
export type IsNew = (schema: string, table: string) => boolean;

/** An operation: one file, one line in the registry, one test. Nothing in it touches a database. */
export interface Operation<C, S> {
  readonly codec: t.Type<C, S, unknown>;
  /** The operation in SQL, for the log. */
  readonly message: string;
  /** What it does to the tables, in the order in which PostgreSQL checks it. */
  effects(org: Identifier, change: C): readonly Effect[];
  /** The SQL that does it. */
  plan(org: Identifier, change: C, isNew: IsNew): ChangePlan;
  /**
   * How it is made on a table in use, if its steps would block others for long; undefined if they do not.
   *
   * @param plain its plan
   */
  stages?(org: Identifier, change: C, plain: ChangePlan): Stages | undefined;
  /** Its own words for failures, by their codes. */
  readonly advice?: Advice | ((change: C) => Advice);
  /** It builds an index, in which no value may be too long. */
  readonly buildsIndex?: boolean;
  /** Counts the rows that it can fail on. */
  rows?(org: Identifier, change: C): CountsOfRows;
}

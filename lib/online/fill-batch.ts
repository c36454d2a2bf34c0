import { qualified, quoted, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ, GE, GT, LE } from '../sql/qualified-sql';
import { failing } from '../sql/server-check';
import { oidOf, RECORDS } from './record';

/** Where a pass goes on. */
export interface Place {
  readonly org: Identifier;
  readonly table: Identifier;
  /** As it is quoted in SQL. */
  readonly keyColumn: string;
  readonly keyType: string;
  /** The key it begins after, as a text; null for the first. */
  readonly after: string | null;
  /** The last key of the pass. */
  readonly upper: string;
}

/** The keys of the next rows, as texts: null at the end of the pass. */
export interface Bounds {
  readonly first: string | null;
  readonly last: string | null;
  /** How many rows these are. */
  readonly seen: string;
}

/** What one batch fills. */
export interface Batch extends Omit<Place, 'after'> {
  readonly oid: string;
  /** The stage that is due, as the record has it. */
  readonly stage: number;
  readonly first: string;
  readonly last: string;
  readonly column: Identifier;
  /** Expressions: the new value, and whether a row has still to get it. */
  readonly set: string;
  readonly todo: string;
}

/** The query for {@link Bounds}: reads `rows` entries of the key's index. */
export function boundsSql(place: Place, rows: number): string {
  const { org, table, keyColumn, keyType, after, upper } = place;
  const key = `t.${keyColumn}`;
  const beyond = after === null ? '' : `${key} ${GT} ${literal(after)}::${keyType} and `;
  return `with seen as materialized (select ${key} as key from ${qualified(org, table)} t where ${beyond}${key} ${LE} ${literal(upper)}::${keyType} order by ${key} limit ${rows})
select (select s.key::pg_catalog.text from seen s order by s.key limit 1) as first,
  (select s.key::pg_catalog.text from seen s order by s.key desc limit 1) as last, (select pg_catalog.count(*)::pg_catalog.text from seen) as seen`;
}

/**
 * One statement: the rows, and how far it has come, in one transaction. FOR NO KEY UPDATE SKIP LOCKED waits for nobody,
 * so it cannot be part of a deadlock. The keys it ends at are constants, twice: the planner then knows that these are
 * few rows, and does not read the whole table to find them while the first of them are locked.
 */
export function batchSql(batch: Batch): string {
  const { org, table, oid, stage, keyColumn, keyType, first, last, upper, column, set, todo } = batch;
  const from = qualified(org, table);
  const key = `t.${keyColumn}`;
  const within = `${key} ${GE} ${literal(first)}::${keyType} and ${key} ${LE} ${literal(last)}::${keyType}`;
  const place = `table_oid ${EQ} ${oidOf(oid)} and stage ${EQ} ${stage}`;
  const reason = literal('Another process has gone on with this online change, or has taken it back');
  return `with due as materialized (select ${key} as key from ${from} t where ${within} and ${todo} order by ${key} for no key update skip locked),
filled as (update ${from} t set ${quoted(column)} = ${set} from due d where ${key} ${EQ} d.key and ${within} returning true),
moved as (update ${RECORDS} set cursor_key = ${literal(last)}, upper_key = ${literal(upper)}, at = pg_catalog.clock_timestamp() where ${place} returning true)
select case when not exists (select from moved) then ${failing('online', reason)} end as moved`;
}

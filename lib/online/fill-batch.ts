import { qualified, quoted, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ, GT, LE } from '../sql/qualified-sql';
import { failing } from '../sql/server-check';
import { oidOf, RECORDS } from './record';

/** What one batch fills. */
export interface Batch {
  readonly org: Identifier;
  readonly table: Identifier;
  readonly oid: string;
  /** The stage that is due, as the record has it. */
  readonly stage: number;
  /** As it is quoted in SQL. */
  readonly keyColumn: string;
  readonly keyType: string;
  /** The key it begins after, as a text; null for the first. */
  readonly after: string | null;
  /** The last key of the pass. */
  readonly upper: string;
  readonly rows: number;
  readonly column: Identifier;
  /** Expressions: the new value, and whether a row has still to get it. */
  readonly set: string;
  readonly todo: string;
}

/**
 * One statement: the rows, and how far it has come, in one transaction. `last` is the last key that was looked at;
 * null at the end. FOR NO KEY UPDATE SKIP LOCKED waits for nobody, so it cannot be part of a deadlock.
 */
export function batchSql(batch: Batch): string {
  const { org, table, oid, stage, keyColumn, keyType, after, upper, rows, column, set, todo } = batch;
  const from = qualified(org, table);
  const key = `t.${keyColumn}`;
  const constant = (text: string): string => `${literal(text)}::${keyType}`;
  const within = [
    ...(after === null ? [] : [`${key} ${GT} ${constant(after)}`]),
    `${key} ${LE} ${constant(upper)}`,
  ].join(' and ');
  const place = `table_oid ${EQ} ${oidOf(oid)} and stage ${EQ} ${stage}`;
  const reason = literal('Another process has gone on with this online change, or has taken it back');
  return `with seen as materialized (select ${key} as key from ${from} t where ${within} order by ${key} limit ${rows}),
last_seen as materialized (select s.key from seen s order by s.key desc limit 1),
due as materialized (select ${key} as key from ${from} t where ${within} and ${key} ${LE} (select l.key from last_seen l) and ${todo} order by ${key} for no key update skip locked),
filled as (update ${from} t set ${quoted(column)} = ${set} from due d where ${key} ${EQ} d.key returning true),
moved as (update ${RECORDS} set cursor_key = coalesce((select l.key::pg_catalog.text from last_seen l), cursor_key), upper_key = ${literal(upper)}, at = pg_catalog.clock_timestamp() where ${place} returning true)
select (select l.key::pg_catalog.text from last_seen l) as last, (select pg_catalog.count(*)::pg_catalog.text from seen) as seen,
  case when not exists (select from moved) then ${failing('online', reason)} end as moved`;
}

import { COUNTS, previewBody } from './alter-field/conversion-preview';
import { newCheckOf, newTypeOf } from '../spec/field-changes';
import type { Alteration } from './alter-field/alteration';
import { block } from '../sql/server-check';
import { qualified, quoted, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ, GT, LT } from '../sql/qualified-sql';
import { typeOf } from '../field-types';
import { isOfArray, type NewType } from '../field-types/type-change';
import type { CountsOfRows } from './plan';

/** The most rows that are counted: the count is sent with the rollback, and must not delay it. */
export const MAX_COUNTED_ROWS = 10_000;

/** The most rows whose location is reported. */
export const MAX_PLACES = 20;

/** The setting for the number of rows in the way, of those that were read, and their locations. */
export const ROWS_SETTING = 'tenant_ddl.rows_in_the_way';

/**
 * Counts the rows that contradict a changed field. The count is only for the message: if the table is locked by now, or
 * the count fails, the failure is reported without it.
 */
export function rowsInTheWay(org: Identifier, change: Alteration): CountsOfRows {
  const { table, column, set } = change;
  const from = qualified(org, table);
  const value = quoted(column);
  const counting = (rows: string, condition: string): string =>
    countRows(
      from,
      `select pg_catalog.count(*) filter (where ${condition}), pg_catalog.count(*) into found, seen from (${rows}) r;`,
    );
  const each = `select ${value} from ${from} limit ${MAX_COUNTED_ROWS}`;
  const alike = `select pg_catalog.count(*) over (partition by ${value}) as alike, ${value} from (${each}) e`;
  const values = newCheckOf(change, value);
  const to = newTypeOf(change);
  const rows = { ofArray: to !== undefined && isOfArray(change.from, to), maxRows: MAX_COUNTED_ROWS };
  const converting = (outcome: 'loses' | 'fails'): string =>
    to === undefined
      ? ''
      : countRows(from, previewBody(org, table, column, to, { ...rows, noted: { [outcome]: NOTE_PLACE } }), outcome);
  return {
    ...(change.unconvertible !== undefined && to !== undefined && { NOT_NULL_VIOLATION: converting('fails') }),
    ...(set.nullable === false && { NOT_NULL_VIOLATION: counting(each, `${value} is null`) }),
    ...(values !== undefined && { CHECK_VIOLATION: counting(each, `(${values}) is false`) }),
    ...(set.unique === true && {
      UNIQUE_VIOLATION: counting(alike, `alike ${GT} 1 and ${value} is not null`),
    }),
    ...(to !== undefined &&
      !isPart(to) && {
        CONVERSION_FAILED: converting('fails'),
        HAZARD_REFUSED: converting('loses'),
      }),
  };
}

/** The location of a row, which reveals none of its values: `(0,1)`, after the oid of its table if there are several. */
const NOTE_PLACE = `if pg_catalog.cardinality(places) ${LT} ${MAX_PLACES} then
          places := pg_catalog.array_append(places, pg_catalog.concat(case when divided then item.home end, item.place));
        end if;`;

/** Options that are left out are the column's own: the new type is not known here. */
function isPart(to: NewType): boolean {
  return to.keepsOptions === true && typeOf(to).options.some((option) => to[option] === undefined);
}

/** Does not wait, and cannot make the statements that are sent with it fail. */
export function countRows(table: string, look: string, found = 'found'): string {
  return block(`declare
  ${COUNTS}
  found bigint := 0;
  places pg_catalog.text[] := '{}';
  divided boolean := exists (select from pg_catalog.pg_inherits i where i.inhparent ${EQ} pg_catalog.to_regclass(${literal(table)}));
begin
  lock table ${table} in access share mode nowait;
  ${look}
  perform pg_catalog.set_config('${ROWS_SETTING}', pg_catalog.concat_ws(' ', ${found}, seen, pg_catalog.array_to_string(places, ' ')), true);
exception when query_canceled or others then
  perform pg_catalog.set_config('${ROWS_SETTING}', '', true);
end`);
}

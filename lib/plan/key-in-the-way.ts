import type { ErrorCode } from '../errors';
import { columnList, qualified, quoted, type Identifier } from '../sql/identifier';
import { GT } from '../sql/qualified-sql';
import { HOME, PLACE } from './orphans';
import { countRows, MAX_COUNTED_ROWS, MAX_PLACES } from './rows-in-the-way';

/** What no column can be called. */
const ALIKE = '"how many alike"';

/** Counts the rows that no key over these columns can have, and says where the first of them are. */
export function rowsInTheWayOfKey(
  org: Identifier,
  table: Identifier,
  columns: readonly Identifier[],
): Readonly<Partial<Record<ErrorCode, string>>> {
  const from = qualified(org, table);
  const listed = columnList(columns);
  const rows = `select tableoid as ${HOME}, ctid as ${PLACE}, ${listed} from ${from} limit ${MAX_COUNTED_ROWS}`;
  const counting = (of: string, condition: string): string =>
    countRows(
      from,
      `select pg_catalog.count(*) filter (where ${condition}), pg_catalog.count(*), coalesce((pg_catalog.array_agg(pg_catalog.concat(case when divided then r.${HOME} end, r.${PLACE})) filter (where ${condition}))[1:${MAX_PLACES}], '{}')
    into found, seen, places from (${of}) r;`,
    );
  const isNull = columns.map((column) => `r.${quoted(column)} is null`).join(' or ');
  const areSet = columns.map((column) => `e.${quoted(column)} is not null`).join(' and ');
  const alike = `select e.*, pg_catalog.count(*) over (partition by ${listed}) as ${ALIKE} from (${rows}) e where ${areSet}`;
  return {
    NOT_NULL_VIOLATION: counting(rows, `(${isNull})`),
    UNIQUE_VIOLATION: counting(alike, `r.${ALIKE} ${GT} 1`),
  };
}

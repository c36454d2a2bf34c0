import type { ForeignKey } from '../spec/model-spec';
import { columnList, qualified, quoted, type Identifier } from '../sql/identifier';
import { EQ } from '../sql/qualified-sql';
import { countRows, MAX_COUNTED_ROWS, MAX_PLACES } from './rows-in-the-way';

/** What no column can be called. */
export const HOME = '"the home"';
export const PLACE = '"the place"';

/** Whether a row `r` refers to none: all its columns have a value, and the other table has no such key. */
export function isOrphan({ columns, references }: ForeignKey): string {
  const isSet = columns.map((column) => `r.${quoted(column)} is not null`);
  const isSame = columns.map((column, at) => `o.${quoted(references.columns[at] ?? column)} ${EQ} r.${quoted(column)}`);
  const other = `select from ${qualified(references.schema, references.table)} o where ${isSame.join(' and ')}`;
  return [...isSet, `not exists (${other})`].join(' and ');
}

/** Counts the rows that refer to none, and says where the first of them are. */
export function orphansInTheWay(org: Identifier, table: Identifier, key: ForeignKey): string {
  const from = qualified(org, table);
  const columns = columnList(key.columns);
  const rows = `select tableoid as ${HOME}, ctid as ${PLACE}, ${columns} from ${from} limit ${MAX_COUNTED_ROWS}`;
  const orphan = `(${isOrphan(key)})`;
  const place = `pg_catalog.concat(case when divided then r.${HOME} end, r.${PLACE})`;
  return countRows(
    from,
    `select pg_catalog.count(*) filter (where ${orphan}), pg_catalog.count(*), coalesce((pg_catalog.array_agg(${place}) filter (where ${orphan}))[1:${MAX_PLACES}], '{}')
    into found, seen, places from (${rows}) r;`,
  );
}

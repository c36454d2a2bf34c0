import type { ForeignKey } from '../spec/model-spec';
import { columnList, qualified, quoted, type Identifier } from '../sql/identifier';
import { EQ } from '../sql/qualified-sql';
import { countRows, MAX_COUNTED_ROWS } from './rows-in-the-way';

/** What counts the rows that refer to none: all their columns have a value, and the other table has no such key. */
export function orphansInTheWay(org: Identifier, table: Identifier, { columns, references }: ForeignKey): string {
  const from = qualified(org, table);
  const rows = `select ${columnList(columns)} from ${from} limit ${MAX_COUNTED_ROWS}`;
  const isSet = columns.map((column) => `r.${quoted(column)} is not null`);
  const isSame = columns.map((column, at) => `o.${quoted(references.columns[at] ?? column)} ${EQ} r.${quoted(column)}`);
  const other = `select from ${qualified(references.schema, references.table)} o where ${isSame.join(' and ')}`;
  const condition = [...isSet, `not exists (${other})`].join(' and ');
  return countRows(
    from,
    `select pg_catalog.count(*) filter (where ${condition}), pg_catalog.count(*) into found, seen from (${rows}) r;`,
  );
}

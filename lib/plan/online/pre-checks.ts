import { columnList, qualified, quoted, type Identifier } from '../../sql/identifier';
import { GT } from '../../sql/qualified-sql';
import { MAX_FOUND, type PreCheck } from './stage';

/** Values that occur more than once. A unique index takes any number of rows in which a column is null. */
export function duplicates(org: Identifier, table: Identifier, columns: readonly Identifier[]): PreCheck {
  const list = columnList(columns);
  const areSet = columns.map((column) => `${quoted(column)} is not null`).join(' and ');
  const groups = `select from ${qualified(org, table)} where ${areSet} group by ${list} having pg_catalog.count(*) ${GT} 1`;
  return { code: 'UNIQUE_VIOLATION', columns, sql: counted(groups) };
}

/** How many rows a query has, up to {@link MAX_FOUND}. */
export function counted(rows: string): string {
  return `select pg_catalog.count(*)::pg_catalog.text as found from (${rows} limit ${MAX_FOUND}) rows_found`;
}

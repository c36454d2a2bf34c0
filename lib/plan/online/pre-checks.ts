import { keyColumnsOf, type Index } from '../../spec/index-spec';
import { qualified, type Identifier } from '../../sql/identifier';
import { GT } from '../../sql/qualified-sql';
import { conditionSql, expressionSql } from '../written-index';
import { MAX_FOUND, type PreCheck } from './stage';

/** Values that occur more than once. A unique index takes any number of rows in which a column is null, unless nulls are alike. */
export function duplicates(org: Identifier, table: Identifier, index: Index): PreCheck {
  const { columns, where = [], nullsNotDistinct } = index;
  const listed = columns.map(expressionSql);
  const areSet = nullsNotDistinct === true ? [] : listed.map((column) => `${column} is not null`);
  const conditions = [...where.map(conditionSql), ...areSet];
  const rows = `${qualified(org, table)}${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}`;
  const groups = `select from ${rows} group by ${listed.join(', ')} having pg_catalog.count(*) ${GT} 1`;
  return { code: 'UNIQUE_VIOLATION', columns: keyColumnsOf(index), sql: counted(groups) };
}

/** How many rows a query has, up to {@link MAX_FOUND}. */
export function counted(rows: string): string {
  return `select pg_catalog.count(*)::pg_catalog.text as found from (${rows} limit ${MAX_FOUND}) rows_found`;
}

import { keyColumnsOf, type Index } from '../../spec/index-spec';
import type { ForeignKey } from '../../spec/model-spec';
import { qualified, quoted, type Identifier } from '../../sql/identifier';
import { EQ, GT } from '../../sql/qualified-sql';
import { isOrphan } from '../orphans';
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

/** Rows without a value. */
export function nulls(org: Identifier, table: Identifier, column: Identifier): PreCheck {
  const rows = `select from ${qualified(org, table)} where ${quoted(column)} is null`;
  return { code: 'NOT_NULL_VIOLATION', columns: [column], sql: counted(rows) };
}

/** Rows with another value than a check allows. */
export function otherValues(org: Identifier, table: Identifier, column: Identifier, isAllowed: string): PreCheck {
  const rows = `select from ${qualified(org, table)} where (${isAllowed}) is false`;
  return { code: 'CHECK_VIOLATION', columns: [column], sql: counted(rows) };
}

/** Rows that refer to none. */
export function orphans(org: Identifier, table: Identifier, key: ForeignKey): PreCheck {
  const rows = `select from ${qualified(org, table)} r where ${isOrphan(key)}`;
  return { code: 'FOREIGN_KEY_VIOLATION', columns: key.columns, sql: counted(rows) };
}

/** Rows, which all would refer to none: the default of a new column is no key of the other table. */
export function defaultOrphans(
  org: Identifier,
  table: Identifier,
  { columns, references }: ForeignKey,
  defaultSql: string,
): PreCheck {
  const key = references.columns.map((column) => `o.${quoted(column)} ${EQ} ${defaultSql}`).join(' and ');
  const other = `select from ${qualified(references.schema, references.table)} o where ${key}`;
  const rows = `select from ${qualified(org, table)} where not exists (${other})`;
  return { code: 'FOREIGN_KEY_VIOLATION', columns, sql: counted(rows) };
}

/** Rows of a table that may have none, or at most so many. */
export function rowsBeyond(
  org: Identifier,
  table: Identifier,
  at: { readonly most: number; readonly column: Identifier; readonly code: PreCheckCode },
): PreCheck {
  const rows = `select from ${qualified(org, table)} offset ${at.most}`;
  return { code: at.code, columns: [at.column], sql: counted(rows) };
}

type PreCheckCode = Extract<PreCheck, { readonly sql: string }>['code'];

/** How many rows a query has, up to {@link MAX_FOUND}. */
function counted(rows: string): string {
  return `select pg_catalog.count(*)::pg_catalog.text as found from (${rows} limit ${MAX_FOUND}) rows_found`;
}

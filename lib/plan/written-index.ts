import { columnNameOf, indexName, type Index, type IndexColumn, type IndexCondition } from '../spec/index-spec';
import { columnList, qualified, quoted, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';

/** `create index`, with what knex has no word for, or pastes as it is. */
export function writtenIndex(org: Identifier, table: Identifier, index: Index): string {
  const { columns, unique, method, where = [], include = [], nullsNotDistinct } = index;
  return [
    `create ${unique === true ? 'unique ' : ''}index ${quoted(indexName(table, index))} on ${qualified(org, table)}`,
    ...(method === undefined ? [] : [`using ${method}`]),
    `(${columns.map(columnSql).join(', ')})`,
    ...(include.length === 0 ? [] : [`include (${columnList(include)})`]),
    ...(nullsNotDistinct === true ? ['nulls not distinct'] : []),
    ...(where.length === 0 ? [] : [`where ${where.map(conditionSql).join(' and ')}`]),
  ].join(' ');
}

function columnSql(column: IndexColumn): string {
  if (typeof column === 'string') return quoted(column);
  const { order, nulls, operatorClass } = column;
  return [
    expressionSql(column),
    ...(operatorClass === undefined ? [] : [operatorClassSql(operatorClass)]),
    ...(order === undefined ? [] : [order]),
    ...(nulls === undefined ? [] : [`nulls ${nulls}`]),
  ].join(' ');
}

/** What an index holds of a row. */
export function expressionSql(column: IndexColumn): string {
  const name = quoted(columnNameOf(column));
  return typeof column !== 'string' && column.lower === true ? `pg_catalog.lower(${name})` : name;
}

/** Of names that were checked; a dot is in none of them. */
function operatorClassSql(operatorClass: string): string {
  const parts = operatorClass.split('.') as Identifier[];
  const [schema, name] = parts.length === 2 ? parts : ['pg_catalog' as Identifier, ...parts];
  return qualified(schema as Identifier, name as Identifier);
}

/** A number as text, which takes the type of the column: as a number it could be one of a wider type, and equal to none. */
export function conditionSql({ column, is, equals }: IndexCondition): string {
  if (is !== undefined) return `${quoted(column)} is ${is}`;
  return `${quoted(column)} ${EQ} ${literal(typeof equals === 'boolean' ? equals : String(equals))}`;
}

import type { IndexColumnSpec, IndexConditionSpec, IndexSpec } from '../../spec/spec-types';

/** An index in words: `unique index on lower(email) where deleted_at is null`. A value of a condition is not in them. */
export function indexShown({
  columns,
  unique,
  name,
  method,
  where = [],
  include = [],
  nullsNotDistinct,
}: IndexSpec): string {
  return [
    `${unique === true ? 'unique ' : ''}index`,
    ...(name === undefined ? [] : [name]),
    `on ${columns.map(columnShown).join(', ')}`,
    ...(method === undefined ? [] : [`by ${method}`]),
    ...(include.length === 0 ? [] : [`including ${include.join(', ')}`]),
    ...(nullsNotDistinct === true ? ['nulls being equal'] : []),
    ...(where.length === 0 ? [] : [`where ${where.map(conditionShown).join(' and ')}`]),
  ].join(' ');
}

function columnShown(given: string | IndexColumnSpec): string {
  if (typeof given === 'string') return given;
  const { column, lower, order, nulls, operatorClass } = given;
  return [
    lower === true ? `lower(${column})` : column,
    ...(operatorClass === undefined ? [] : [operatorClass]),
    ...(order === undefined ? [] : [order]),
    ...(nulls === undefined ? [] : [`nulls ${nulls}`]),
  ].join(' ');
}

function conditionShown({ column, is }: IndexConditionSpec): string {
  return is === undefined ? `${column} has a value` : `${column} is ${is}`;
}

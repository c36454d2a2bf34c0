import { isArray } from '../../field-types/options';
import { typeOf } from '../../field-types';
import { castOf, elementOf, type NewType } from '../../field-types/type-change';
import { EQ, typeSql } from '../../sql/qualified-sql';

/** How a value becomes one of a new type: expressions on it, and on `type`, which is the new type as SQL writes it. */
export interface Conversion {
  /** The new value, or a text that is assigned to it. */
  readonly cast: (value: string, type: string) => string;
  /** Whether a value is one that could convert as a whole; undefined if each is. */
  readonly isOne?: (value: string) => string;
  /** Whether a value that converts loses nothing; undefined if none does. */
  readonly keeps?: (value: string, type: string) => string;
  /** A condition on values that the column checks, but the cast does not. */
  readonly takes?: (value: string, type: string) => string;
  /** Whether `keeps` and `takes` are queries, which `alter table … using` cannot have. */
  readonly isQuery?: boolean;
}

/** @param ofArray whether the column holds arrays so far */
export function conversionOf(to: NewType, ofArray: boolean): Conversion {
  if (isArray(to)) return ofArray ? eachElement(to) : arrayOfOne(to);
  return ofArray ? onlyElement(to) : oneValue(to);
}

function oneValue(to: NewType): Conversion {
  const known = typeOf(to);
  return {
    cast: (value, type) => castOf(value, to, type),
    ...(known.keeps('', '', to) === undefined
      ? {}
      : { keeps: (value, type) => known.keeps(value, type, to) ?? 'true' }),
    ...(known.takes('', to) === undefined ? {} : { takes: (value) => known.takes(value, to) ?? 'true' }),
  };
}

/** An array of the one value; null stays null. */
function arrayOfOne(to: NewType): Conversion {
  const { cast, keeps, takes } = oneValue(elementOf(to));
  const type = elementType(to);
  return {
    // No IS: see retypedByRow.
    cast: (value) => `case when ${isSet(value)} then array[${cast(value, type)}] end`,
    ...(keeps && { keeps: (value) => keeps(value, type) }),
    ...(takes && { takes: (value) => takes(value, type) }),
  };
}

/** The only element: any other array loses something. */
function onlyElement(to: NewType): Conversion {
  const { cast, keeps, takes } = oneValue(to);
  const first = (value: string): string => `(${value})[pg_catalog.array_lower(${value}, 1)]`;
  const isOne = (value: string): string =>
    `(pg_catalog.cardinality(${value}) ${EQ} 1 and pg_catalog.array_ndims(${value}) ${EQ} 1 and ${isSet(first(value))})`;
  const isNull = (value: string): string => `pg_catalog.num_nulls(${value}) ${EQ} 1`;
  return {
    cast: (value, type) => cast(first(value), type),
    isOne,
    keeps: (value, type) =>
      `(${isNull(value)} or ${isOne(value)}${keeps === undefined ? '' : ` and ${keeps(first(value), type)}`})`,
    ...(takes && { takes: (value, type) => takes(first(value), type) }),
  };
}

/** Each element as one value. */
function eachElement(to: NewType): Conversion {
  const { keeps } = oneValue(elementOf(to));
  const type = elementType(to);
  const values = typeOf(to).checkedValues(to);
  const takes = typeOf(elementOf(to)).takes('e.value', elementOf(to));
  const none = (value: string, condition: string): string =>
    `not exists (select from pg_catalog.unnest(${value}) e(value) where ${condition})`;
  return {
    cast: (value, array) => `${value}::${typeOf(elementOf(to)).isText ? 'pg_catalog.text[]' : array}`,
    ...(keeps && { keeps: (value) => none(value, `not (${keeps('e.value', type)})`) }),
    ...(values !== undefined
      ? { takes: (value) => typeOf(to).isHeldTo(`${value}::pg_catalog.text[]`, values) }
      : takes !== undefined && { takes: (value) => none(value, `not (${takes})`) }),
    isQuery: true,
  };
}

function elementType(to: NewType): string {
  const one = elementOf(to);
  return typeSql(typeOf(one).catalogName(one));
}

function isSet(value: string): string {
  return `pg_catalog.num_nulls(${value}) ${EQ} 0`;
}

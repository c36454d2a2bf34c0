// What becomes of the values of each type in each other one. __tests__/postgres/operations/type-pairs.test.ts proves it.
import type { FieldTypeName } from '../../lib';

/** What a change of type does to a value: in the columns of the document, in this order. */
export const OUTCOMES = {
  kept: 'kept',
  lose: 'may lose',
  fail: 'may not convert',
  loseOrFail: 'may lose, or not convert',
  never: 'never',
} as const;

export type Outcome = keyof typeof OUTCOMES;

type Pairs = { readonly [O in Outcome]?: readonly FieldTypeName[] };

/** Every pair once: from each type to the others. */
export const PAIRS: { readonly [From in FieldTypeName]: Pairs } = {
  String: {
    kept: ['Text'],
    fail: ['Boolean', 'DateTime', 'Uuid', 'Bytes', 'Enum'],
    loseOrFail: ['SmallInt', 'Int', 'BigInt', 'Float', 'Decimal', 'Date', 'Time', 'Json'],
  },
  Text: {
    fail: ['String', 'Boolean', 'DateTime', 'Uuid', 'Bytes', 'Enum'],
    loseOrFail: ['SmallInt', 'Int', 'BigInt', 'Float', 'Decimal', 'Date', 'Time', 'Json'],
  },
  SmallInt: {
    kept: ['String', 'Text', 'Int', 'BigInt', 'Float', 'Decimal', 'Bytes'],
    fail: ['Enum'],
    never: ['Boolean', 'DateTime', 'Date', 'Time', 'Json', 'Uuid'],
  },
  Int: {
    kept: ['String', 'Text', 'BigInt', 'Float', 'Decimal', 'Bytes'],
    lose: ['Boolean'],
    fail: ['SmallInt', 'Enum'],
    never: ['DateTime', 'Date', 'Time', 'Json', 'Uuid'],
  },
  BigInt: {
    kept: ['String', 'Text', 'Decimal', 'Bytes'],
    lose: ['Float'],
    fail: ['SmallInt', 'Int', 'Enum'],
    never: ['Boolean', 'DateTime', 'Date', 'Time', 'Json', 'Uuid'],
  },
  Float: {
    kept: ['String', 'Text'],
    lose: ['Decimal'],
    fail: ['Enum'],
    loseOrFail: ['SmallInt', 'Int', 'BigInt'],
    never: ['Boolean', 'DateTime', 'Date', 'Time', 'Json', 'Uuid', 'Bytes'],
  },
  Decimal: {
    kept: ['Text'],
    fail: ['String', 'Enum'],
    loseOrFail: ['SmallInt', 'Int', 'BigInt', 'Float'],
    never: ['Boolean', 'DateTime', 'Date', 'Time', 'Json', 'Uuid', 'Bytes'],
  },
  Boolean: {
    kept: ['String', 'Text', 'Int'],
    fail: ['Enum'],
    never: ['SmallInt', 'BigInt', 'Float', 'Decimal', 'DateTime', 'Date', 'Time', 'Json', 'Uuid', 'Bytes'],
  },
  DateTime: {
    kept: ['String', 'Text'],
    lose: ['Date'],
    fail: ['Enum'],
    loseOrFail: ['Time'],
    never: ['SmallInt', 'Int', 'BigInt', 'Float', 'Decimal', 'Boolean', 'Json', 'Uuid', 'Bytes'],
  },
  Date: {
    kept: ['String', 'Text'],
    fail: ['DateTime', 'Enum'],
    never: ['SmallInt', 'Int', 'BigInt', 'Float', 'Decimal', 'Boolean', 'Time', 'Json', 'Uuid', 'Bytes'],
  },
  Time: {
    kept: ['String', 'Text'],
    fail: ['Enum'],
    never: ['SmallInt', 'Int', 'BigInt', 'Float', 'Decimal', 'Boolean', 'DateTime', 'Date', 'Json', 'Uuid', 'Bytes'],
  },
  Json: {
    kept: ['Text'],
    fail: ['String', 'Float', 'Decimal', 'Boolean', 'Enum'],
    loseOrFail: ['SmallInt', 'Int', 'BigInt'],
    never: ['DateTime', 'Date', 'Time', 'Uuid', 'Bytes'],
  },
  Uuid: {
    kept: ['String', 'Text'],
    fail: ['Enum'],
    never: ['SmallInt', 'Int', 'BigInt', 'Float', 'Decimal', 'Boolean', 'DateTime', 'Date', 'Time', 'Json', 'Bytes'],
  },
  Bytes: {
    kept: ['Text'],
    fail: ['String', 'SmallInt', 'Int', 'BigInt', 'Enum'],
    never: ['Float', 'Decimal', 'Boolean', 'DateTime', 'Date', 'Time', 'Json', 'Uuid'],
  },
  Enum: {
    kept: ['Text'],
    fail: [
      'String',
      'SmallInt',
      'Int',
      'BigInt',
      'Float',
      'Decimal',
      'Boolean',
      'DateTime',
      'Date',
      'Time',
      'Json',
      'Uuid',
      'Bytes',
    ],
  },
};

/** Before this version of PostgreSQL there is no cast between bytes and numbers: each of these pairs is `never`. */
export const BYTES_CAST_SINCE = 18;
export const NUMBERS_OF_BYTES: readonly FieldTypeName[] = ['SmallInt', 'Int', 'BigInt'];

/** The outcome of a pair on a version of PostgreSQL. */
export function outcomeOf(from: FieldTypeName, to: FieldTypeName, major: number): Outcome | undefined {
  if (major < BYTES_CAST_SINCE && isBytesAndNumber(from, to)) return 'never';
  return (Object.keys(OUTCOMES) as Outcome[]).find((outcome) => PAIRS[from][outcome]?.includes(to));
}

export function isBytesAndNumber(from: FieldTypeName, to: FieldTypeName): boolean {
  const isOf = (bytes: FieldTypeName, number: FieldTypeName): boolean =>
    bytes === 'Bytes' && NUMBERS_OF_BYTES.includes(number);
  return isOf(from, to) || isOf(to, from);
}

import { literal } from '../sql/literal';
import { isWholeNumber } from './conversion-sql';
import { wholeNumberIn } from './default-text';
import type { FieldType } from './field-type';
import { isSameNumber, NUMBERS, NUMBERS_AND_TEXTS } from './number-text';

/** PostgreSQL 18 has those from bytea; earlier versions do not. */
export const CASTS_TO_WHOLE_NUMBERS = [...NUMBERS, 'jsonb', 'bytea'];

/** What the types have in common whose whole numbers JavaScript holds exactly. `name` is as SQL writes the type. */
export function wholeNumber(name: string, bytes: number) {
  const end = 2 ** (8 * bytes - 1);
  return {
    readDefault: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= -end && value < end
        ? { kept: value + 0 } // -0 is 0 in a column of whole numbers
        : { fault: `must be a whole number from ${-end} to ${end - 1}` },
    defaultSql: (kept) => literal(kept as number),
    catalogName: () => name,
    canBeIdentity: true,
    castsFrom: CASTS_TO_WHOLE_NUMBERS,
    numberLimits: (columnSql) => (columnSql === name ? { range: [-end, end - 1] } : undefined),
    castsAlike: NUMBERS_AND_TEXTS,
    keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
    readDefaultText: wholeNumberIn,
    converts: (value, type) => isWholeNumber(value, type, bytes),
  } satisfies Partial<FieldType>;
}

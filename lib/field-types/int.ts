import { literal } from '../sql/literal';
import { wholeNumberIn } from './default-text';
import { isWholeNumber } from './converts';
import { fieldType } from './field-type';
import { isSameNumber } from './number-text';

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;

/** What a field of the type takes. */
export interface IntOptions {
  /** A whole number from -2147483648 to 2147483647. `null` means none. */
  readonly default?: number | null | undefined;
}

/** `integer`. */
export const intType = fieldType<IntOptions>({
  alsoCalled: ['integer', 'int4', 'number', 'serial', 'increments'],
  readDefault: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= MIN && value <= MAX
      ? { kept: value + 0 } // -0 is 0 to an integer column
      : { fault: `must be a whole number from ${MIN} to ${MAX}` },
  defaultSql: (kept) => literal(kept as number),
  column: (table, { name }) => table.integer(name),
  catalogName: () => 'integer',
  takesWhole: () => [{ name: 'integer' }, { name: 'smallint', rewrites: true }],
  numberLimits: (columnSql) => (columnSql === 'integer' ? { range: [MIN, MAX] } : undefined),
  keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
  readDefaultText: wholeNumberIn,
  converts: (value, type) => isWholeNumber(value, type, 4),
});

import { literal } from '../sql/literal';
import { wholeNumberIn } from './default-text';
import { fieldType } from './field-type';
import { isSameNumber } from './number-text';

const MIN = -(2 ** 15);
const MAX = 2 ** 15 - 1;

/** What a field of the type takes. */
export interface SmallIntOptions {
  /** A whole number from -32768 to 32767. `null` means none. */
  readonly default?: number | null | undefined;
}

/** `smallint`. */
export const smallIntType = fieldType<SmallIntOptions>({
  alsoCalled: ['int2', 'short', 'tinyint', 'smallserial'],
  readDefault: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= MIN && value <= MAX
      ? { kept: value + 0 } // -0 is 0 to a column of whole numbers
      : { fault: `must be a whole number from ${MIN} to ${MAX}` },
  defaultSql: (kept) => literal(kept as number),
  column: (table, { name }) => table.smallint(name),
  catalogName: () => 'smallint',
  takesWhole: () => [{ name: 'smallint' }],
  numberLimits: (columnSql) => (columnSql === 'smallint' ? { range: [MIN, MAX] } : undefined),
  readDefaultText: wholeNumberIn,
  keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
});

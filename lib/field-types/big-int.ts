import { literal } from '../sql/literal';
import { digitsIn } from './default-text';
import { isWholeNumber } from './converts';
import { fieldType, type Read } from './field-type';
import { isSameNumber } from './number-text';

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const DIGITS = /^-?\d{1,19}$/;

/** The properties of a field of this type. */
export interface BigIntOptions {
  /** A whole number, a bigint, or digits as a string. `null` means none. */
  readonly default?: number | bigint | string | null | undefined;
}

/** `bigint`. Kept as digits: numbers in JSON are exact only up to 2^53. */
export const bigIntType = fieldType<BigIntOptions>({
  alsoCalled: ['int8', 'long', 'bigserial', 'biginteger'],
  guesses: (value) => typeof value === 'bigint',
  readDefault: read,
  defaultSql: (kept) => literal(BigInt(kept as string)),
  column: (table, { name }) => table.bigInteger(name),
  catalogName: () => 'bigint',
  takesWhole: () => [{ name: 'bigint' }, { name: 'integer', rewrites: true }, { name: 'smallint', rewrites: true }],
  keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
  readDefaultText: (text) => wholeIn(digitsIn(text)),
  defaultValue: (kept) => String(BigInt(kept as string)),
  converts: (value, type) => isWholeNumber(value, type, 8),
});

function read(value: unknown): Read {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    return { fault: 'must be a whole number that JavaScript holds exactly, or a bigint, or a string of digits' };
  }
  if (typeof value === 'string' && !DIGITS.test(value)) return { fault: 'must be at most 19 digits' };
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') {
    return { fault: 'must be a whole number, a bigint or a string of digits' };
  }
  const exact = BigInt(value);
  return exact >= MIN && exact <= MAX ? { kept: String(exact) } : { fault: `must be from ${MIN} to ${MAX}` };
}

/** A numeric can have a fraction that is zero. */
function wholeIn(digits: string | undefined): string | undefined {
  return digits !== undefined && DIGITS.test(digits) ? digits : undefined;
}

import { literal } from '../sql/literal';
import { digitsIn, textOfType } from './default-text';
import { fieldType } from './field-type';
import { isSameNumber, NUMBERS, NUMBERS_AND_TEXTS } from './number-text';

/** JSON has no -0, so it is kept as text. */
const NEGATIVE_ZERO = '-0';

/** The properties of a field of this type. */
export interface FloatOptions {
  /** A finite number, or `'-0'`, which is not a number in JSON. `null` means none. */
  readonly default?: number | '-0' | null | undefined;
}

/** `double precision`: exactly JavaScript's number. */
export const floatType = fieldType<FloatOptions>({
  alsoCalled: ['double', 'double precision', 'real', 'float8', 'float4'],
  guesses: (value) => typeof value === 'number',
  readDefault: (value) => {
    if (Object.is(value, -0) || value === NEGATIVE_ZERO) return { kept: NEGATIVE_ZERO };
    return typeof value === 'number' && Number.isFinite(value) ? { kept: value } : { fault: 'must be a finite number' };
  },
  defaultSql: (kept) => literal(kept === NEGATIVE_ZERO ? -0 : (kept as number)),
  column: (table, { name }) => table.double(name),
  catalogName: () => 'double precision',
  castsFrom: [...NUMBERS, 'jsonb'],
  takesWhole: () => [
    { name: 'double precision' },
    ...['real', 'integer', 'smallint'].map((name) => ({ name, rewrites: true })),
  ],
  castsAlike: NUMBERS_AND_TEXTS,
  keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
  readDefaultText: (text) => {
    const digits = digitsIn(text) ?? textOfType(text, 'double precision');
    if (digits === undefined || digits.trim() === '' || !Number.isFinite(Number(digits))) return undefined;
    // A numeric has no -0; only a double precision does.
    return Object.is(Number(digits), -0) && digitsIn(text) === undefined ? NEGATIVE_ZERO : Number(digits) + 0;
  },
});

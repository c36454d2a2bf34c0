import type { Fault } from '../errors';
import { decimalDigits, literal } from '../sql/literal';
import { AND_BITS, MINUS, SHIFTED_RIGHT, XOR_BITS } from '../sql/qualified-sql';
import { fieldType, type Read, type TypedField, type WholeType } from './field-type';
import { isSameNumber } from './number-text';

/** PostgreSQL's limits for numeric: declared, and without a declaration (manual 8.1.2). */
const MAX_PRECISION = 1000;
const MAX_DIGITS_BEFORE_POINT = 131_072;
const MAX_DIGITS_AFTER_POINT = 16_383;

const DECIMAL = /^-?(\d+)(?:\.(\d+))?$/;

/** `numeric(precision, scale)`; with neither, `numeric`, which keeps every digit it is given. */
export const decimalType = fieldType({
  options: ['precision', 'scale'],
  optionFaults,
  readDefault: read,
  // As text: the server reads a numeric constant of any length from it, without a detour over a float.
  defaultSql: (kept) => literal(kept as string),
  column: (table, { name, precision, scale = 0 }) =>
    precision === undefined ? table.specificType(name, 'numeric') : table.decimal(name, precision, scale),
  catalogName: ({ precision, scale }) => nameOf(precision, scale),
  takesWhole,
  keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
  modifier: ({ precision, scale = 0 }) => (precision === undefined ? NO_MODIFIER : modifierOf(precision, scale)),
  ownName: ({ precision, scale, keepsOptions }, modifier) =>
    keepsOptions === true
      ? `pg_catalog.concat('numeric(', ${precision ?? ownPrecision(modifier)}, ',', ${scale ?? ownScale(modifier)}, ')')`
      : literal(nameOf(precision, scale)),
});

function nameOf(precision: number | undefined, scale = 0): string {
  return precision === undefined ? 'numeric' : `numeric(${precision},${scale})`;
}

/** The whole numbers of a type have so many digits at most. */
const WHOLE_NUMBERS = { smallint: 5, integer: 10, bigint: 19 } as const;

function takesWhole({ precision, scale, keepsOptions }: TypedField): readonly WholeType[] {
  if (keepsOptions === true && (precision === undefined || scale === undefined)) {
    // The one that is not named stays as it is.
    const most = (precision ?? MAX_PRECISION) + 1;
    return [
      {
        name: 'numeric',
        modifiers: [modifierOf(1, 0), modifierOf(most, 0) - 1],
        ...(scale !== undefined && { scale }),
      },
    ];
  }
  const integers = Object.entries(WHOLE_NUMBERS)
    .filter(([, digits]) => precision === undefined || digits <= precision - (scale ?? 0))
    .map(([name]) => ({ name, rewrites: true }));
  if (precision === undefined) return [...integers, { name: 'numeric' }];
  const modifiers = [modifierOf(1, scale ?? 0), modifierOf(precision, scale ?? 0)] as const;
  return [...integers, { name: 'numeric', modifiers, scale: scale ?? 0 }];
}

/** Of a numeric that keeps every digit. */
const NO_MODIFIER = -1;

/** As the catalog keeps it: the precision above the scale, four too high. */
function modifierOf(precision: number, scale: number): number {
  return precision * 65_536 + scale + 4;
}

function ownPrecision(modifier: string): string {
  return `((${modifier} ${MINUS} 4) ${SHIFTED_RIGHT} 16)`;
}

/** Eleven bits, the first of which is the sign: from PostgreSQL 15 a scale may be below zero. */
function ownScale(modifier: string): string {
  return `((((${modifier} ${MINUS} 4) ${AND_BITS} 2047) ${XOR_BITS} 1024) ${MINUS} 1024)`;
}

function optionFaults({ precision, scale }: TypedField): Fault[] {
  const faults: Fault[] = [];
  if (precision !== undefined && !isWholeFrom(precision, 1, MAX_PRECISION)) {
    faults.push({ path: 'precision', message: `must be a whole number of digits from 1 to ${MAX_PRECISION}` });
  }
  if (scale !== undefined && precision === undefined) {
    faults.push({ path: 'scale', message: 'needs a precision' });
  } else if (scale !== undefined && !isWholeFrom(scale, 0, precision ?? 0)) {
    faults.push({ path: 'scale', message: 'must be a whole number of digits from 0 to the precision' });
  }
  return faults;
}

function isWholeFrom(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function read(value: unknown, { precision, scale = 0 }: TypedField): Read {
  const text = typeof value === 'number' && Number.isFinite(value) ? decimalDigits(value) : value;
  const parts = typeof text === 'string' ? DECIMAL.exec(text) : null;
  if (parts === null) return { fault: 'must be a finite number, or a string of digits with at most one "."' };
  const before = (parts[1] ?? '').replace(/^0+/, '').length;
  const after = (parts[2] ?? '').length;
  if (precision === undefined) {
    return before <= MAX_DIGITS_BEFORE_POINT && after <= MAX_DIGITS_AFTER_POINT
      ? { kept: parts[0] }
      : { fault: 'has more digits than PostgreSQL keeps' };
  }
  return before <= precision - scale && after <= scale
    ? { kept: parts[0] }
    : { fault: `must fit numeric(${precision}, ${scale}): PostgreSQL would round it, or refuse it` };
}

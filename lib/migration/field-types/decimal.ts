import type { Fault } from '../errors';
import { decimalDigits, literal } from '../literal';
import { fieldType, type Read, type TypedField } from './field-type';

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
  catalogName: ({ precision, scale = 0 }) => (precision === undefined ? 'numeric' : `numeric(${precision},${scale})`),
});

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

import type { Fault } from '../errors';
import { decimalDigits, literal } from '../sql/literal';
import { GT, LT, MATCHES } from '../sql/qualified-sql';
import { digitsIn } from './default-text';
import { isInput, isOfType } from './conversion-sql';
import { fieldType, type Read, type ServerFault, type TypedField, type WholeType } from './field-type';
import { isSameNumber, NUMBERS, NUMBERS_AND_TEXTS } from './number-text';
import { modifierOf, NO_MODIFIER, precisionSql, scaleIn, scaleSql } from './numeric-modifier';
import type { TypeOptions } from './options';

/** PostgreSQL's limits for numeric: declared, and without a declaration (manual 8.1.2). */
const MAX_PRECISION = 1000;
const MAX_DIGITS_BEFORE_POINT = 131_072;
const MAX_DIGITS_AFTER_POINT = 16_383;

const DECIMAL = /^-?(\d+)(?:\.(\d+))?$/;

/** The properties of a field of this type. */
export interface DecimalOptions {
  /** All digits, from 1 to 1000. Without it, every given digit is kept. */
  readonly precision?: number | undefined;
  /** The digits after the point, from 0 to `precision`. Default 0. */
  readonly scale?: number | undefined;
  /** A number, or its digits as a string. It has to fit. `null` means none. */
  readonly default?: number | string | null | undefined;
}

/** `numeric(precision, scale)`; with neither, `numeric`, which keeps every given digit. */
export const decimalType = fieldType<DecimalOptions>({
  alsoCalled: ['numeric', 'money', 'currency'],
  options: ['precision', 'scale'],
  optionFaults,
  changeFaults,
  ownOptionFaults,
  readDefault: read,
  // As text, from which the server reads a numeric constant of any length without going through a float.
  defaultSql: (kept) => literal(kept as string),
  column: (table, { name, precision, scale = 0 }) =>
    precision === undefined ? table.specificType(name, 'numeric') : table.decimal(name, precision, scale),
  catalogName: ({ precision, scale }) => nameOf(precision, scale),
  castsFrom: [...NUMBERS, 'jsonb'],
  takesWhole,
  castsAlike: NUMBERS_AND_TEXTS,
  keeps: (value, type) => isSameNumber(value, `${value}::${type}`),
  // The cast of a double precision keeps fifteen digits.
  converts: (value, type) => {
    const text = `${value}::pg_catalog.text`;
    const digits = `${text}::double precision::numeric::pg_catalog.text`;
    return `case when ${isOfType(value, ['double precision'])} then ${isInput(digits, type)} else ${isInput(text, type)} end`;
  },
  numberLimits: (columnSql) => {
    const digits = /^decimal\(\d+, (\d+)\)$/.exec(columnSql)?.[1];
    return digits === undefined ? undefined : { digits: Number(digits) };
  },
  modifier: ({ precision, scale = 0 }) => (precision === undefined ? NO_MODIFIER : modifierOf(precision, scale)),
  ownName: ({ precision, scale, keepsOptions }, modifier) =>
    keepsOptions === true
      ? `pg_catalog.concat('numeric(', ${precision ?? precisionSql(modifier)}, ',', ${scale ?? scaleSql(modifier)}, ')')`
      : literal(nameOf(precision, scale)),
  read: ({ type, modifier, values }) => (type === 'numeric' && values === undefined ? optionsIn(modifier) : undefined),
  readDefaultText: digitsIn,
  defaultValue: (kept) => plainDigits(kept as string),
});

function nameOf(precision: number | undefined, scale = 0): string {
  return precision === undefined ? 'numeric' : `numeric(${precision},${scale})`;
}

/** The most digits of the whole numbers of a type. */
const WHOLE_NUMBERS = { smallint: 5, integer: 10, bigint: 19 } as const;

function takesWhole({ precision, scale, keepsOptions }: TypedField): readonly WholeType[] {
  if (keepsOptions === true && (precision === undefined || scale === undefined)) {
    // The option that is not named stays.
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

function optionFaults({ precision: named, scale, keepsOptions }: TypedField): Fault[] {
  const faults: Fault[] = [];
  const precision = named ?? (keepsOptions === true ? MAX_PRECISION : undefined);
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

function changeFaults({ precision, scale }: TypeOptions, from: TypeOptions): Fault[] {
  if (from.precision !== undefined || precision === undefined || scale !== undefined) return [];
  return [{ path: 'scale', message: 'is missing: the field now keeps every given digit' }];
}

const FITTING = String.raw`^numeric\([0-9]+,[0-9]+\)$`;

/** One of the two is named, and the other is the column's own. */
function ownOptionFaults({ name, precision, scale }: TypedField, modifier: string, type: string): ServerFault[] {
  if ((precision === undefined) === (scale === undefined)) return [];
  const other = precision === undefined ? 'precision' : 'scale';
  const part = (number: number): string =>
    `pg_catalog.split_part(pg_catalog.btrim(${type}, 'numeric()'), ',', ${number})::integer`;
  return [
    {
      when: `${modifier} ${LT} 0`,
      message: `"${name}" keeps every given digit: name its ${other} too`,
    },
    {
      when: `not (${type} ${MATCHES} ${literal(FITTING)}) or ${part(2)} ${GT} ${part(1)}`,
      message: `The scale of "${name}" must be from 0 to its precision: name its ${other} too`,
    },
  ];
}

function isWholeFrom(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function read(value: unknown, { precision: named, scale: ownScale, keepsOptions }: TypedField): Read {
  // If one of the two is the column's own, the server checks it.
  const precision = keepsOptions === true && ownScale === undefined ? undefined : named;
  const scale = ownScale ?? 0;
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
    : { fault: `must fit numeric(${precision}, ${scale}): PostgreSQL would round or refuse it` };
}

/** A scale below zero, or above the precision (PostgreSQL 15 and later), cannot be expressed in a spec. */
function optionsIn(modifier: number): { precision?: number; scale?: number } | undefined {
  if (modifier === NO_MODIFIER) return {};
  const [precision, scale] = [(modifier - 4) >> 16, scaleIn(modifier)];
  if (scale < 0 || scale > precision) return undefined;
  return scale === 0 ? { precision } : { precision, scale };
}

/** 1.50 is 1.5, and -0.0 is 0. */
function plainDigits(digits: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*?)(?:\.(\d*?)0*)?$/.exec(digits) ?? [];
  const plain = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return plain === '0' ? plain : sign + plain;
}

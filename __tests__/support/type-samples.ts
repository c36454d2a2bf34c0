import type { FieldSpec } from '../../lib';
import type { FieldTypeName } from '../../lib/field-types';

/** What the tests know of a type by themselves, and not from its file. */
interface TypeSample {
  /** With a default; where a type has options, one with and one without. */
  readonly fields: readonly Omit<FieldSpec, 'type'>[];
  /** As `format_type` writes it. */
  readonly catalogName: string | ((field: FieldSpec) => string);
  /** A default as the server shows it, byte for byte. */
  stored(given: unknown): unknown;
  /** Text that is in no name, and numbers that no message, length or time could hold by chance. */
  readonly secrets: readonly Omit<FieldSpec, 'name' | 'type'>[];
}

const wholeNumber = (given: unknown): string => String(given === 0 ? 0 : given);

/** One entry a type: a new one is here for the proof of every plan, the catalog, and the log. */
export const TYPE_SAMPLES: { readonly [T in FieldTypeName]: TypeSample } = {
  String: {
    fields: [
      { name: 'string', default: "it's a string?" },
      { name: 'string_20', length: 20, default: '' },
    ],
    catalogName: ({ length }) => `character varying(${length ?? 100})`,
    stored: asItIs,
    secrets: [{ default: "hunter2's ?" }, { default: 'hunter2\\' }],
  },
  Text: {
    fields: [{ name: 'text', default: 'zażółć 請求 🧾' }],
    catalogName: 'text',
    stored: asItIs,
    secrets: [{ default: 'x\nhunter2' }],
  },
  SmallInt: {
    fields: [{ name: 'small_int', default: -(2 ** 15) }],
    catalogName: 'smallint',
    stored: wholeNumber,
    secrets: [],
  },
  Int: {
    fields: [{ name: 'int', default: 2 ** 31 - 1 }],
    catalogName: 'integer',
    stored: wholeNumber,
    secrets: [{ default: 774411 }, { default: -774411 }],
  },
  BigInt: {
    fields: [{ name: 'big_int', default: '9007199254740993' }],
    catalogName: 'bigint',
    stored: (given) => String(BigInt(given as string)),
    secrets: [{ default: 774411774411n }],
  },
  Float: {
    fields: [{ name: 'float', default: -1.5e-300 }],
    catalogName: 'double precision',
    // Given as text where it came by JSON, which has no -0.
    stored: (given) => (Object.is(given, -0) || given === '-0' ? '-0' : sameNumber(given as number)),
    secrets: [{ default: 774411.5 }, { default: -774411e20 }],
  },
  Decimal: {
    fields: [
      { name: 'decimal', default: '0.1' },
      { name: 'decimal_12_2', precision: 12, scale: 2, default: 99.95 },
      { name: 'decimal_5', precision: 5, default: -12345 },
    ],
    catalogName: ({ precision, scale }) =>
      precision === undefined ? 'numeric' : `numeric(${precision},${scale ?? 0})`,
    stored: (given) => digits(given as number | string),
    secrets: [{ default: '774411.25' }, { default: -774411, precision: 9, scale: 2 }],
  },
  Boolean: {
    fields: [{ name: 'boolean', default: false }],
    catalogName: 'boolean',
    stored: String,
    secrets: [],
  },
  DateTime: {
    fields: [{ name: 'date_time', default: '2024-02-29T23:59:59.999Z' }],
    catalogName: 'timestamp with time zone',
    stored: (given) => instant(given instanceof Date ? given.toISOString() : (given as string)),
    secrets: [{ default: '1999-07-07T07:44:11Z' }],
  },
  Date: {
    fields: [{ name: 'date', default: '2024-02-29' }],
    catalogName: 'date',
    stored: (given) => (given instanceof Date ? given.toISOString().slice(0, 10) : given),
    secrets: [{ default: '1999-07-07' }],
  },
  Time: {
    fields: [{ name: 'time', default: '23:59:59.999999' }],
    catalogName: 'time without time zone',
    stored: (given) => time(given instanceof Date ? given.toISOString().slice(11, -1) : (given as string)),
    secrets: [{ default: '07:44:11.774411' }],
  },
  Json: {
    fields: [{ name: 'json', default: { a: [1, null, "it's"] } }],
    catalogName: 'jsonb',
    stored: sameJson,
    secrets: [{ default: { hunter2: ['hunter2', 774411] } }, { default: 'hunter2' }, { default: 774411 }],
  },
  Uuid: {
    fields: [{ name: 'uuid', default: '00000000-0000-4000-8000-000000000000' }],
    catalogName: 'uuid',
    stored: (given) => (given as string).toLowerCase(),
    secrets: [{ default: '77441177-4411-4744-8774-411774411774' }],
  },
  Bytes: {
    fields: [{ name: 'bytes', default: { base64: 'AP8=' } }],
    catalogName: 'bytea',
    stored: (given) =>
      `\\x${(given instanceof Uint8Array ? Buffer.from(given) : Buffer.from((given as { base64: string }).base64, 'base64')).toString('hex')}`,
    secrets: [{ default: Buffer.from('hunter2') }],
  },
  Enum: {
    fields: [{ name: 'enum', values: ['draft', 'sent'], default: 'draft' }],
    catalogName: 'text',
    stored: asItIs,
    secrets: [{ default: 'hunter2', values: ['hunter2', "it's hunter2\\"] }],
  },
};

/** A field of every type. */
export const EVERY_TYPE: readonly FieldSpec[] = Object.entries(TYPE_SAMPLES).flatMap(([type, { fields }]) =>
  fields.map((field) => ({ ...field, type }) as FieldSpec),
);

function asItIs(given: unknown): unknown {
  return given;
}

/** PostgreSQL and JavaScript write an exponent differently; the number is the same, to the last bit. */
function sameNumber(given: number): unknown {
  return { asymmetricMatch: (text: string) => Object.is(Number(text), given), toString: () => String(given) };
}

/** jsonb keeps the value, not the order of the keys. */
function sameJson(given: unknown): unknown {
  return {
    asymmetricMatch: (text: string) => {
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(given)));
      return true;
    },
    toString: () => JSON.stringify(given),
  };
}

/** Without zeros that say nothing: those before the number, and those at the end of its fraction. */
function digits(given: number | string): string {
  const text = typeof given === 'number' ? fixed(given) : given;
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  const number = `${whole || '0'}${fraction && `.${fraction}`}`;
  return number === '0' ? number : sign + number;
}

function fixed(given: number): string {
  const text = String(given);
  return text.includes('e') ? given.toFixed(100) : text;
}

/** `2024-02-29T23:59+02:00` as `2024-02-29T21:59:00.000000`: a Date has no microseconds of its own. */
function instant(iso: string): string {
  const [, before = '', fraction = '', offset = ''] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(iso) ?? [];
  return `${new Date(before + offset).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}`;
}

function time(iso: string): string {
  const [, hoursMinutes = '', seconds = ':00', fraction = ''] = /^(\d\d:\d\d)(:\d\d)?(?:\.(\d*?)0*)?$/.exec(iso) ?? [];
  return hoursMinutes + seconds + (fraction && `.${fraction}`);
}

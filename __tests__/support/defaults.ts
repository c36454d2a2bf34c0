// Whether a default that was given is the value that a row then has. Both are brought to one text, for each type.
import type { Knex } from 'knex';
import type { FieldSpec, FieldTypeName } from '../../lib';
import type { CatalogColumn } from './catalog';

/** Inserts a row of nothing but defaults, and gives the texts of its columns; null where a column has none. */
export async function insertedDefaults(
  db: Knex,
  schema: string,
  table: string,
  fields: readonly FieldSpec[],
): Promise<Record<string, string | null>> {
  const values = fields.map(({ type }, index) => `${textOf(type, '??')} as c${index}`);
  const { rows } = await db.raw(`insert into ??.?? default values returning ${values.join(', ')}`, [
    schema,
    table,
    ...fields.map(({ name }) => name),
  ]);
  return byName(fields, rows[0]);
}

/** The same without a row: the server computes each expression that the catalog has, as the type of its column. */
export async function defaultValues(
  db: Knex,
  fields: readonly FieldSpec[],
  columns: readonly Pick<CatalogColumn, 'name' | 'type' | 'default'>[],
): Promise<Record<string, string | null>> {
  const values = fields.map(({ name, type }, index) => {
    const column = columns.find((candidate) => candidate.name === name);
    return `${textOf(type, `cast(${column?.default ?? 'null'} as ${column?.type ?? 'text'})`)} as c${index}`;
  });
  // As it is stored: a question mark in it is none of knex's.
  const { rows } = await db.raw(`select ${values.join(', ')}`.replaceAll('?', '\\?'));
  return byName(fields, rows[0]);
}

function textOf(type: FieldTypeName, value: string): string {
  if (type === 'DateTime') return `to_char(${value} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
  if (type === 'Decimal') return `trim_scale(${value})::text`;
  return `${value}::text`;
}

/** A column may be named as something that every object has. */
function byName(fields: readonly FieldSpec[], row: Record<string, string | null>): Record<string, string | null> {
  return Object.fromEntries(fields.map(({ name }, index) => [name, row[`c${index}`] ?? null]));
}

/** What {@link insertedDefaults} has to give for a field, byte for byte; an expression for what is made at run time. */
export function expectedDefault(field: FieldSpec): unknown {
  const { default: given, type } = field;
  if (given === undefined || given === null) return null;
  if (typeof given === 'object' && 'fn' in given && type !== 'Json') {
    return given.fn === 'uuid' ? expect.stringMatching(UUID) : expect.any(String);
  }
  return EXPECTED[type](given);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const EXPECTED: Record<FieldTypeName, (given: unknown) => unknown> = {
  String: asItIs,
  Text: asItIs,
  Enum: asItIs,
  Int: (given) => String(given === 0 ? 0 : given),
  BigInt: (given) => String(BigInt(given as string)),
  // Given as text where it came by JSON, which has no -0.
  Float: (given) => (Object.is(given, -0) || given === '-0' ? '-0' : sameNumber(given as number)),
  Decimal: (given) => digits(given as number | string),
  Boolean: String,
  DateTime: (given) => (given instanceof Date ? instant(given.toISOString()) : instant(given as string)),
  Date: (given) => (given instanceof Date ? given.toISOString().slice(0, 10) : given),
  Time: (given) => (given instanceof Date ? time(given.toISOString().slice(11, -1)) : time(given as string)),
  Json: sameJson,
  Uuid: (given) => (given as string).toLowerCase(),
  Bytes: (given) =>
    `\\x${(given instanceof Uint8Array ? Buffer.from(given) : Buffer.from((given as { base64: string }).base64, 'base64')).toString('hex')}`,
};

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

// Whether a default that was given is the value that a row then has. Both are brought to one text, for each type.
import type { Knex } from 'knex';
import type { FieldSpec, FieldTypeName } from '../../lib';
import type { CatalogColumn } from './catalog';
import { TYPE_SAMPLES } from './type-samples';

/** Inserts a row of nothing but defaults, and gives the texts of its columns; null where a column has none. */
export async function insertedDefaults(
  db: Knex,
  schema: string,
  table: string,
  fields: readonly FieldSpec[],
): Promise<Record<string, string | null>> {
  const values = fields.map((field, index) => `${textIn(field, '??')} as c${index}`);
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
  const values = fields.map((field, index) => {
    const column = columns.find((candidate) => candidate.name === field.name);
    return `${textIn(field, `cast(${column?.default ?? 'null'} as ${column?.type ?? 'text'})`)} as c${index}`;
  });
  // As it is stored: a question mark in it is none of knex's.
  const { rows } = await db.raw(`select ${values.join(', ')}`.replaceAll('?', '\\?'));
  return byName(fields, rows[0]);
}

/** Of an array, the texts of its elements as JSON. */
function textIn({ type, array }: FieldSpec, value: string): string {
  if (array !== true) return textOf(type, value);
  const items = `select coalesce(json_agg(${textOf(type, 'e')} order by place), '[]')::text from unnest(a) with ordinality u(e, place)`;
  return `(select case when a is not null then (${items}) end from (select ${value} as a) given)`;
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
  const { default: given, type, array } = field;
  // It counts from one.
  if (field.identity === true) return '1';
  if (given === undefined || given === null) return null;
  if (array === true)
    return sameList(given.map((item) => expectedDefault({ ...field, array: false, default: item } as FieldSpec)));
  if (typeof given === 'object' && 'fn' in given && type !== 'Json') {
    return given.fn === 'uuid' ? expect.stringMatching(UUID) : expect.any(String);
  }
  return TYPE_SAMPLES[type].stored(given);
}

function sameList(items: readonly unknown[]): unknown {
  return {
    asymmetricMatch: (text: string) => {
      expect(JSON.parse(text)).toEqual(items);
      return true;
    },
    toString: () => JSON.stringify(items),
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

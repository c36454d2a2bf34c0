// Arrays on pg-mem: what it can, and what it cannot.
import type { Knex } from 'knex';
import { addFieldToModel, createModel, MigrationError, type FieldSpec } from '../../../lib';
import { memoryTenant } from '../../../lib/testing';
import { quiet } from '../../support/log';
import { rejection } from '../../support/rejection';

const ORG = 'acme-corp';
const options = { logger: quiet };

let db: Knex;
beforeEach(() => {
  db = memoryTenant(ORG, options);
});
afterEach(() => db.destroy());

const ALL: readonly FieldSpec[] = [
  { name: 'string', type: 'String', array: true, default: ["it's", 'a\\b?'] },
  { name: 'text', type: 'Text', array: true, default: [] },
  { name: 'small_int', type: 'SmallInt', array: true, default: [1, -2] },
  { name: 'int', type: 'Int', array: true, default: [1] },
  { name: 'big_int', type: 'BigInt', array: true, default: [5] },
  { name: 'float', type: 'Float', array: true, default: [0.5] },
  { name: 'decimal', type: 'Decimal', precision: 5, scale: 2, array: true, default: [1.5] },
  { name: 'boolean', type: 'Boolean', array: true, default: [true] },
  { name: 'date_time', type: 'DateTime', array: true, default: ['2024-02-29T00:00:00Z'] },
  { name: 'date', type: 'Date', array: true, default: ['2024-02-29'] },
  { name: 'time', type: 'Time', array: true, default: ['09:00'] },
  { name: 'uuid', type: 'Uuid', array: true, default: ['00000000-0000-4000-8000-000000000000'] },
  { name: 'bytes', type: 'Bytes', array: true, default: [{ base64: 'AP8=' }] },
];
/** As JSON has them; bytes in base64. */
function asJson(item: unknown): unknown {
  if (Buffer.isBuffer(item)) return { base64: item.toString('base64') };
  return item instanceof Date ? item.toISOString() : item;
}

/** As pg-mem gives them. */
const GIVEN: Record<string, readonly unknown[]> = {
  date_time: ['2024-02-29T00:00:00.000Z'],
  date: ['2024-02-29T00:00:00.000Z'],
  time: ['09:00:00'],
};

it.each(ALL)('creates and adds $name, with its default and in an index', async (field) => {
  const indexes = [{ columns: [field.name], method: 'gin' as const }];
  await createModel(ORG, { table: 't', fields: [{ name: 'id', type: 'Int' }, field], indexes }, db, options);
  await db('t').insert({ id: 1 });
  await addFieldToModel(ORG, 't', { ...field, name: 'added' }, db, options);
  const [row] = (await db('t').select()) as [Record<string, readonly unknown[]>];
  const expected = GIVEN[field.name] ?? field.default;
  expect([row[field.name]?.map(asJson), row.added?.map(asJson)]).toEqual([expected, expected]);
});

it('says that it holds the elements of no Enum to their values', async () => {
  const field: FieldSpec = { name: 'tags', type: 'Enum', values: ['a'], array: true };
  const error = await rejection(createModel(ORG, { table: 't', fields: [field] }, db, options));
  expect(error).toBeInstanceOf(MigrationError);
  expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE', table: 't' });
  expect((error as Error).message).toMatch(/^pg-mem cannot hold the elements of an array to values/);
});

import { createModel, createTenant, type FieldSpec, type ModelSpec } from '../../../lib';
import { fieldTypes } from '../../../lib/field-types';
import { readTable, tablesOf } from '../../support/catalog';
import { expectedShape, shapeOf } from '../../support/expected-table';
import { EVERY_TYPE } from '../../support/type-samples';
import { freshOrg } from '../../support/postgres';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();

/** Creates a model, and expects the catalog to have all that it says and nothing else. */
async function expectCreated(model: ModelSpec): Promise<void> {
  await createModel(org, model, db, options);
  expect(shapeOf(await readTable(db, org, model.table))).toEqual(expectedShape(model));
}

it('knows a field of every type', () => {
  expect(new Set(EVERY_TYPE.map(({ type }) => type))).toEqual(new Set(Object.keys(fieldTypes)));
});

it('makes each type the column of the documented table, with and without a default, nullable or not', async () => {
  await expectCreated({
    table: 'nullable',
    fields: EVERY_TYPE.map((field, index) => ({ ...field, name: `f${index}`, default: undefined })),
  });
  await expectCreated({
    table: 'required',
    fields: EVERY_TYPE.map((field, index) => ({ ...field, name: `f${index}`, nullable: false })),
  });
});

it('makes a table without fields', async () => {
  await expectCreated({ table: 'empty', fields: [] });
});

describe('the primary key', () => {
  it.each([
    ['is the field named id', [{ name: 'a' }, { name: 'id' }], ['id']],
    ['is no field where id says so', [{ name: 'id', primaryKey: false }], undefined],
    ['is no field where none is named id', [{ name: 'a' }, { name: 'ID' }], undefined],
    ['is the field that says so, and not id', [{ name: 'id' }, { name: 'no', primaryKey: true }], ['no']],
    [
      'is all the fields that say so, in their order',
      [{ name: 'b', primaryKey: true }, { name: 'id' }, { name: 'a', primaryKey: true, nullable: false }],
      ['b', 'a'],
    ],
  ])('%s', async (_fact, fields, key) => {
    const model: ModelSpec = { table: 'm', fields: fields.map((field) => ({ ...field, type: 'Int' })) };
    await expectCreated(model);
    const read = await readTable(db, org, 'm');
    expect(read?.primaryKey?.columns).toEqual(key);
    for (const { name, nullable } of read?.columns ?? []) expect(nullable).toBe(!(key ?? []).includes(name));
  });
});

it('makes uniques, and indexes of one and of several columns, named and not', async () => {
  await expectCreated({
    table: 'm',
    fields: ['id', 'a', 'b', 'c'].map((name) => ({ name, type: 'Int', unique: name === 'b' })),
    indexes: [
      { columns: ['a'] },
      { columns: ['a', 'c'], unique: true },
      { columns: ['c', 'a'], name: 'By-$c' },
      { columns: ['c'], unique: true, name: 'one_c' },
      { columns: ['b'], unique: false },
    ],
  });
});

it.each(['CASCADE', 'SET NULL', 'RESTRICT'] as const)('makes references, with on delete %s', async (onDelete) => {
  await expectCreated({
    table: 'customer',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'code', type: 'String', length: 9, unique: true },
    ],
    indexes: [{ columns: ['code', 'id'], unique: true, name: 'both' }],
  });
  await expectCreated({
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'customer', type: 'Int', references: { schema: org, table: 'customer', column: 'id', onDelete } },
      { name: 'code', type: 'Text', references: { schema: org, table: 'customer', column: 'code', onDelete } },
      { name: 'corrects', type: 'Int', references: { schema: org, table: 'invoice', column: 'id', onDelete } },
    ],
    foreignKeys: [
      {
        columns: ['code', 'customer'],
        references: { schema: org, table: 'customer', columns: ['code', 'id'], onDelete },
      },
    ],
  });
});

it('refers to a shared schema', async () => {
  const shared = freshOrg('shared');
  await createTenant(shared, db, options);
  const sharedSchemas = ['public', shared];
  await createModel(shared, { table: 'country', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  const references = { schema: shared, table: 'country', column: 'id', onDelete: 'RESTRICT' as const };
  const model: ModelSpec = { table: 'customer', fields: [{ name: 'country', type: 'Int', references }] };
  await createModel(org, model, db, { ...options, sharedSchemas });
  expect(shapeOf(await readTable(db, org, 'customer'))).toEqual(expectedShape(model));
});

it('holds an Enum to its values', async () => {
  const fields: FieldSpec[] = [{ name: 'size', type: 'Enum', values: ['S', 'M', 'it\'s "L"'] }];
  await createModel(org, { table: 'm', fields }, db, options);
  const rows = db('m').withSchema(org);
  await rows.clone().insert([{ size: 'S' }, { size: 'it\'s "L"' }, { size: null }]);
  await expect(rows.clone().insert({ size: 's' })).rejects.toMatchObject({ code: '23514' });
});

it('keeps comments on the table and its fields', async () => {
  await expectCreated({
    table: 'm',
    comment: "What it's for.\n(twice)",
    fields: [
      { name: 'a', type: 'Int', comment: 'ä €' },
      { name: 'b', type: 'Int' },
    ],
  });
});

it('makes the table in this org and in no other', async () => {
  const other = freshOrg();
  await createTenant(other, db, options);
  await createModel(org, { table: 'm', fields: [] }, db, options);
  expect([await tablesOf(db, org), await tablesOf(db, other)]).toEqual([['m'], []]);
});

it('takes the name of a bare list of fields from nowhere else than the tenant', async () => {
  await expect(createModel(org, [{ name: 'id', type: 'Int' }], db, options)).rejects.toMatchObject({
    code: 'INVALID_SPEC',
    message: expect.stringContaining("needs the model's name"),
  });
  expect(await tablesOf(db, org)).toEqual([]);
});

it('gives back the statements that ran', async () => {
  const fields: FieldSpec[] = [
    { name: 'id', type: 'String' },
    { name: 'amount', type: 'Float', default: 0 },
  ];
  const result = await createModel(org, { table: 'invoice', fields }, db, options);
  expect(result).toEqual({
    org,
    changes: [{ kind: 'createModel', table: 'invoice', fields }],
    statements: [
      expect.stringContaining(
        `create table "${org}"."invoice" ("id" varchar(100) not null, "amount" double precision default 0`,
      ),
    ],
    attempts: 1,
    durationMs: expect.any(Number),
  });
});

import { addFieldToModel, createModel, createTenant, dropFieldFromModel, type ModelSpec } from '../../../lib';
import { columnsOf, readTable } from '../../support/catalog';
import { expectedShape, shapeOf } from '../../support/expected-table';
import { EVERY_TYPE } from '../../support/type-samples';
import { freshOrg } from '../../support/postgres';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();

const invoice: ModelSpec = {
  table: 'invoice',
  fields: [
    { name: 'id', type: 'Int' },
    ...EVERY_TYPE,
    { name: 'no', type: 'Int', unique: true, comment: 'c' },
    { name: 'parent', type: 'Int', references: { schema: org, table: 'invoice', column: 'id', onDelete: 'CASCADE' } },
  ],
};

beforeEach(async () => {
  await createModel(org, invoice, db, options);
});

it('drops a field of any type, with its key, check and comment, and nothing else', async () => {
  const left = [...invoice.fields];
  for (const { name } of invoice.fields.slice(1)) {
    await dropFieldFromModel(org, 'invoice', name, db, options);
    left.splice(
      left.findIndex((field) => field.name === name),
      1,
    );
    expect(shapeOf(await readTable(db, org, 'invoice'))).toEqual(expectedShape({ ...invoice, fields: left }));
  }
});

it('leaves the rows and their other values', async () => {
  await db('invoice').withSchema(org).insert({ id: 1, no: 7, parent: 1 });
  await dropFieldFromModel(org, 'invoice', 'text', db, options);
  expect(await db('invoice').withSchema(org)).toMatchObject([{ id: 1, no: 7, parent: 1, int: 2 ** 31 - 1 }]);
});

it('lets a field of the same name come back, of another type and empty', async () => {
  await db('invoice').withSchema(org).insert({ id: 1, no: 7 });
  await dropFieldFromModel(org, 'invoice', 'no', db, options);
  await addFieldToModel(org, 'invoice', { name: 'no', type: 'Text', unique: true }, db, options);
  expect(await db('invoice').withSchema(org).select('no')).toEqual([{ no: null }]);
  expect((await columnsOf(db, org, 'invoice')).at(-1)).toBe('no');
});

it('drops from the table of this org, not from one of the same name in another', async () => {
  const other = freshOrg();
  await createTenant(other, db, options);
  await createModel(other, { table: 'invoice', fields: [{ name: 'no', type: 'Int' }] }, db, options);
  await dropFieldFromModel(org, 'invoice', 'no', db, options);
  expect(await columnsOf(db, other, 'invoice')).toEqual(['no']);
  expect(await columnsOf(db, org, 'invoice')).not.toContain('no');
});

it('gives back the statements that ran', async () => {
  const { statements, ...result } = await dropFieldFromModel(org, 'invoice', 'no', db, options);
  expect(statements.at(-1)).toBe(`alter table "${org}"."invoice" drop column "no"`);
  expect(result).toEqual({
    org,
    changes: [{ kind: 'dropField', table: 'invoice', column: 'no' }],
    attempts: 1,
    durationMs: expect.any(Number),
  });
});

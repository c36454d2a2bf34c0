import { addFieldToModel, createModel, createTenant, type FieldSpec, type ModelSpec } from '../../../lib';
import { readTable } from '../../support/catalog';
import { expectedDefault, insertedDefaults } from '../../support/defaults';
import { expectedShape, shapeOf } from '../../support/expected-table';
import { EVERY_TYPE } from '../../support/type-samples';
import { freshOrg } from '../../support/postgres';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();
const invoice: ModelSpec = { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] };

beforeEach(async () => {
  await createModel(org, invoice, db, options);
});

/** Adds the fields one by one, and expects the table to be what createModel would have made of all of them. */
async function expectAdded(...fields: FieldSpec[]): Promise<void> {
  for (const field of fields) await addFieldToModel(org, 'invoice', field, db, options);
  const model = { ...invoice, fields: [...invoice.fields, ...fields] };
  expect(shapeOf(await readTable(db, org, 'invoice'))).toEqual(expectedShape(model));
}

it('makes of each type what createModel makes of it', async () => {
  await expectAdded(...EVERY_TYPE);
});

it('makes of each type what createModel makes of it, not nullable and without a default', async () => {
  await expectAdded(...EVERY_TYPE.map((field) => ({ ...field, nullable: false, default: undefined })));
});

it('names keys and checks as createModel does', async () => {
  const references = { schema: org, table: 'invoice', column: 'id', onDelete: 'CASCADE' as const };
  const fields: FieldSpec[] = [
    { name: 'a', type: 'Int', unique: true },
    { name: 'b', type: 'Int', references },
    { name: 'c', type: 'Enum', values: ['x'] },
  ];
  const other = freshOrg();
  await createTenant(other, db, options);
  await createModel(
    other,
    {
      ...invoice,
      fields: [...invoice.fields, ...fields].map((field) => ({ ...field, ...moved(field, other) }) as FieldSpec),
    },
    db,
    options,
  );
  await expectAdded(...fields);
  const added = await readTable(db, org, 'invoice');
  const created = await readTable(db, other, 'invoice');
  expect(JSON.stringify(added)).toBe(JSON.stringify(created).replaceAll(other, org));
});

function moved({ references }: FieldSpec, schema: string): Partial<FieldSpec> {
  return references === undefined ? {} : { references: { ...references, schema } };
}

it.each(['CASCADE', 'SET NULL', 'RESTRICT'] as const)('makes a reference, with on delete %s', async (onDelete) => {
  await createModel(org, { table: 'customer', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  const references = { schema: org, table: 'customer', column: 'id', onDelete };
  await expectAdded(
    { name: 'customer', type: 'Int', references, unique: true, comment: 'who pays' },
    { name: 'payer', type: 'Int', references, nullable: onDelete === 'SET NULL' },
    { name: 'self', type: 'Int', references: { ...references, table: 'invoice' } },
  );
});

it('gives the rows that are there the default, and the others what they had', async () => {
  await db('invoice')
    .withSchema(org)
    .insert([{ id: 1 }, { id: 2 }]);
  const fields = EVERY_TYPE.map((field) => ({ ...field, nullable: false }));
  for (const field of fields) await addFieldToModel(org, 'invoice', field, db, options);
  await addFieldToModel(org, 'invoice', { name: 'later', type: 'Text' }, db, options);
  await addFieldToModel(org, 'invoice', { name: 'own', type: 'Uuid', default: { fn: 'uuid' } }, db, options);
  await db.raw('alter table ??.invoice alter column id set default 3', [org]);
  const expected = Object.fromEntries(fields.map((field) => [field.name, expectedDefault(field)]));
  expect(await insertedDefaults(db, org, 'invoice', fields)).toEqual(expected);
  const rows = await db('invoice').withSchema(org).orderBy('id');
  expect(rows.map(({ id, own, ...row }) => row)).toEqual(Array(3).fill(rest(rows[0])));
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 3]);
  expect(rows[0]).toMatchObject({ later: null, int: 2 ** 31 - 1, enum: 'draft', json: { a: [1, null, "it's"] } });
  expect(new Set(rows.map(({ own }) => own)).size).toBe(3);
});

function rest({ id, own, ...row }: Record<string, unknown>): Record<string, unknown> {
  return row;
}

it('adds to the table of this org, not to one of the same name in another', async () => {
  const other = freshOrg();
  await createTenant(other, db, options);
  await createModel(other, invoice, db, options);
  await expectAdded({ name: 'status', type: 'String', default: 'draft' });
  expect(shapeOf(await readTable(db, other, 'invoice'))).toEqual(expectedShape(invoice));
});

it('refuses a field that wants to be part of the key', async () => {
  const refused = addFieldToModel(org, 'invoice', { name: 'no', type: 'Int', primaryKey: true }, db, options);
  await expect(refused).rejects.toMatchObject({ code: 'INVALID_SPEC', faults: [{ path: 'field.primaryKey' }] });
});

it('gives back the statement that ran', async () => {
  const field: FieldSpec = { name: 'status', type: 'String', nullable: true, default: 'draft' };
  await expect(addFieldToModel(org, 'invoice', field, db, options)).resolves.toEqual({
    org,
    changes: [{ kind: 'addField', table: 'invoice', field }],
    statements: [`alter table "${org}"."invoice" add column "status" varchar(100) default 'draft'`],
    attempts: 1,
    durationMs: expect.any(Number),
  });
});

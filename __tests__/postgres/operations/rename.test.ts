// After a rename all names are as if the table and the column had always been called so.
import * as fc from '../../support/fast-check';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  applyChanges,
  createModel,
  createModels,
  renameField,
  renameModel,
  type FieldSpec,
  type ModelSpec,
} from '../../../lib';
import { name } from '../../support/arbitraries';
import { readTable, type CatalogTable } from '../../support/catalog';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();
/** Where the models are made with their new names from the start. */
const { org: other } = tenantTest({}, db);

interface Names {
  readonly table: string;
  readonly id: string;
  readonly status: string;
  readonly parent: string;
}

const INVOICE: Names = { table: 'invoice', id: 'id', status: 'status', parent: 'parent' };

/** Keys, indexes and checks of every kind, over one and over several of the named fields. */
function modelOf({ table, id, status, parent }: Names, schema: string): ModelSpec {
  return {
    table,
    fields: [
      { name: id, type: 'Int', primaryKey: true },
      { name: status, type: 'Enum', values: ['a', 'b'], default: 'a', unique: true, comment: 'c' },
      { name: parent, type: 'Int', references: { schema, table, column: id, onDelete: 'CASCADE' } },
      { name: '0', type: 'Text' },
    ],
    indexes: [
      { columns: [status] },
      { columns: [parent, status] },
      { columns: [status, '0', parent], unique: true },
      { columns: [status, parent], name: 'given' },
    ],
  };
}

async function both(trx: Knex, table: string): Promise<(CatalogTable | undefined)[]> {
  const [renamed, fresh] = [await readTable(trx, org, table), await readTable(trx, other, table)];
  return [renamed, JSON.parse(JSON.stringify(fresh).replaceAll(`"${other}"`, `"${org}"`)) as CatalogTable];
}

it.each([
  ['id', 'number'],
  ['status', 'state'],
  ['parent', 'belongs_to'],
] as const)('renames the field %s to %s as if it had always been called so', async (field, to) => {
  await createModel(org, modelOf(INVOICE, org), db, options);
  await renameField(org, 'invoice', field, to, db, options);
  await createModel(other, modelOf({ ...INVOICE, [field]: to }, other), db, options);
  const [renamed, fresh] = await both(db, 'invoice');
  expect(renamed).toEqual(fresh);
  expect(JSON.stringify(renamed)).not.toContain(`"${field}"`);
});

it('renames a model as if it had always been called so', async () => {
  await createModel(org, modelOf(INVOICE, org), db, options);
  await renameModel(org, 'invoice', 'bill', db, options);
  await createModel(other, modelOf({ ...INVOICE, table: 'bill' }, other), db, options);
  const [renamed, fresh] = await both(db, 'bill');
  expect(renamed).toEqual(fresh);
  expect(await readTable(db, org, 'invoice')).toBeUndefined();
});

it('lets a model of the old name be created, with the same fields', async () => {
  await createModel(org, modelOf(INVOICE, org), db, options);
  await renameModel(org, 'invoice', 'bill', db, options);
  await createModel(
    org,
    { ...modelOf(INVOICE, org), indexes: modelOf(INVOICE, org).indexes?.slice(0, 3) },
    db,
    options,
  );
  await renameModel(org, 'invoice', 'third', db, options);
  expect(Object.keys((await readTable(db, org, 'bill')) ?? {})).not.toEqual([]);
});

it('lets a field of the old name be added, with the same key, check and reference', async () => {
  await createModel(org, modelOf(INVOICE, org), db, options);
  await renameField(org, 'invoice', 'status', 'state', db, options);
  const status: FieldSpec = { name: 'status', type: 'Enum', values: ['a'], unique: true };
  await addFieldToModel(org, 'invoice', status, db, options);
  await renameField(org, 'invoice', 'parent', 'belongs_to', db, options);
  const references = { schema: org, table: 'invoice', column: 'id', onDelete: 'CASCADE' } as const;
  await addFieldToModel(org, 'invoice', { name: 'parent', type: 'Int', references }, db, options);
  expect((await readTable(db, org, 'invoice'))?.foreignKeys).toHaveLength(2);
});

it('leaves what others refer to, and what refers to others, in place', async () => {
  const line: ModelSpec = {
    table: 'line',
    fields: [
      { name: 'id', type: 'Int' },
      {
        name: 'invoice',
        type: 'Int',
        references: { schema: org, table: 'invoice', column: 'id', onDelete: 'CASCADE' },
      },
    ],
  };
  await createModels(org, [line, modelOf(INVOICE, org)], db, options);
  await renameModel(org, 'invoice', 'bill', db, options);
  await renameField(org, 'bill', 'id', 'number', db, options);
  await renameModel(org, 'line', 'entry', db, options);
  expect((await readTable(db, org, 'entry'))?.foreignKeys).toMatchObject([
    { columns: ['invoice'], references: { schema: org, table: 'bill', columns: ['number'], onDelete: 'CASCADE' } },
  ]);
});

it('follows a chain of renames in one list, and a swap of two names', async () => {
  await createModel(org, modelOf(INVOICE, org), db, options);
  await applyChanges(
    org,
    [
      { kind: 'renameField', table: 'invoice', column: 'status', to: 'spare' },
      { kind: 'renameField', table: 'invoice', column: 'parent', to: 'status' },
      { kind: 'renameField', table: 'invoice', column: 'spare', to: 'parent' },
      { kind: 'renameModel', table: 'invoice', to: 'bill' },
      { kind: 'renameField', table: 'bill', column: 'id', to: 'number' },
    ],
    db,
    options,
  );
  const names = { table: 'bill', id: 'number', status: 'parent', parent: 'status' };
  await createModel(other, modelOf(names, other), db, options);
  const [renamed, fresh] = await both(db, 'bill');
  expect(renamed).toEqual(fresh);
});

it('keeps a name that was given, even one that looks derived', async () => {
  const indexes = [{ columns: ['status'], name: 'invoice_status_idx_000000000000' }];
  await createModel(org, { ...modelOf(INVOICE, org), indexes }, db, options);
  await renameModel(org, 'invoice', 'bill', db, options);
  expect((await readTable(db, org, 'bill'))?.indexes.map((index) => index.name)).toEqual([
    'invoice_status_idx_000000000000',
  ]);
});

it("leaves another org's table of the same name alone", async () => {
  await createModel(org, modelOf(INVOICE, org), db, options);
  await createModel(other, modelOf(INVOICE, other), db, options);
  const before = await readTable(db, other, 'invoice');
  await renameField(org, 'invoice', 'status', 'state', db, options);
  await renameModel(org, 'invoice', 'bill', db, options);
  expect(await readTable(db, other, 'invoice')).toEqual(before);
});

/** As long as a name can be: 21 characters of three bytes. */
const LONG: Names = {
  table: '請'.repeat(21),
  id: `${'求'.repeat(20)}1`,
  status: `${'求'.repeat(20)}2`,
  parent: `${'求'.repeat(20)}a`,
};

it.each([
  ['from names of 63 bytes in a script of three bytes', LONG, INVOICE],
  ['to names of 63 bytes in a script of three bytes', INVOICE, LONG],
  [
    'between them',
    LONG,
    { table: '書'.repeat(21), id: '番'.repeat(21), status: '状'.repeat(21), parent: '親'.repeat(21) },
  ],
  [
    'with names of letters of one and of three bytes',
    INVOICE,
    { table: `a${'請'.repeat(20)}`, id: `ab${'請'.repeat(20)}`, status: 'é', parent: '_$' },
  ],
] as const)('derives the same names as createModel: %s', async (_title, from, to) => {
  await expectAsFresh(db, from, to);
});

it('derives the same names as createModel whatever the names are', async () => {
  const names = fc
    .uniqueArray(name, { minLength: 8, maxLength: 8 })
    .filter((list) => !list.includes('0') && !list.includes('given'));
  await fc.assert(
    fc.asyncProperty(names, async ([a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = '']) => {
      const trx = await db.transaction();
      try {
        await expectAsFresh(trx, { table: a, id: b, status: c, parent: d }, { table: e, id: f, status: g, parent: h });
      } finally {
        await trx.rollback();
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);

async function expectAsFresh(tenant: Knex, from: Names, to: Names): Promise<void> {
  await createModel(org, modelOf(from, org), tenant, options);
  await renameModel(org, from.table, to.table, tenant, options);
  for (const field of ['id', 'status', 'parent'] as const) {
    await renameField(org, to.table, from[field], to[field], tenant, options);
  }
  await createModel(other, modelOf(to, other), tenant, options);
  const [renamed, fresh] = await both(tenant, to.table);
  expect(renamed).toEqual(fresh);
}

describe('a rename that can not be', () => {
  it.each([
    ['of a field that is not there', () => renameField(org, 'invoice', 'gone', 'x', db, options), 'FIELD_NOT_FOUND'],
    ['to a field that is there', () => renameField(org, 'invoice', 'id', 'status', db, options), 'FIELD_EXISTS'],
    ['of a model that is not there', () => renameModel(org, 'gone', 'x', db, options), 'MODEL_NOT_FOUND'],
    ['to a model that is there', () => renameModel(org, 'invoice', 'taken', db, options), 'MODEL_EXISTS'],
    [
      'of a field of a model that is not there',
      () => renameField(org, 'gone', 'id', 'x', db, options),
      'MODEL_NOT_FOUND',
    ],
  ])('%s is refused, and changes nothing', async (_title, rename, code) => {
    await createModel(org, modelOf(INVOICE, org), db, options);
    await createModel(org, { table: 'taken', fields: [] }, db, options);
    const before = await readTable(db, org, 'invoice');
    expect(await migrationError(rename())).toMatchObject({ code, org });
    expect(await readTable(db, org, 'invoice')).toEqual(before);
  });
});

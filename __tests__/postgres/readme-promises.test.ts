// What the documents promise of the operations in a sentence, one test each.
import {
  addFieldToModel,
  addIndex,
  alterField,
  createModel,
  createModels,
  createTenant,
  dropFieldFromModel,
  renameField,
  renameModel,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { readTable, tablesOf } from '../support/catalog';
import { recordedLog } from '../support/log';
import { freshOrg } from '../support/postgres';
import { tenantTest } from '../support/tenant-test';

const {
  db,
  org,
  options: { logger },
} = tenantTest();

const invoice: ModelSpec = {
  table: 'invoice',
  fields: [
    { name: 'id', type: 'Int' },
    {
      name: 'status',
      type: 'String',
      length: 20,
      nullable: false,
      unique: true,
      default: 'draft',
      comment: 'Where it is',
    },
    { name: 'amount', type: 'Float' },
  ],
  indexes: [{ columns: ['status', 'amount'], name: 'invoice_by_status' }],
};

beforeEach(async () => {
  await createModel(org, invoice, db, { logger });
});

describe('dropFieldFromModel', () => {
  it('refuses to take along an index over other fields too, and names it', async () => {
    await expect(dropFieldFromModel(org, 'invoice', 'amount', db, { logger })).rejects.toMatchObject({
      code: 'DEPENDENT_OBJECTS',
      message: expect.stringContaining('invoice_by_status'),
    });
    expect((await readTable(db, org, 'invoice'))?.indexes.map(({ name }) => name)).toEqual(['invoice_by_status']);
  });

  it('drops it where it is named', async () => {
    await dropFieldFromModel(org, 'invoice', 'amount', db, { logger, cascade: ['invoice_by_status'] });
    expect((await readTable(db, org, 'invoice'))?.indexes).toEqual([]);
  });
});

it('alterField leaves all of a column as it is but what it names', async () => {
  const before = await readTable(db, org, 'invoice');
  await alterField(org, 'invoice', 'status', { length: 50 }, db, { logger });
  const expected = before?.columns.map((column) =>
    column.name === 'status' ? { ...column, type: 'character varying(50)' } : column,
  );
  expect(await readTable(db, org, 'invoice')).toEqual({ ...before, columns: expected });
});

it('renames rename what was named after the old name', async () => {
  await renameModel(org, 'invoice', 'bill', db, { logger });
  await renameField(org, 'bill', 'status', 'state', db, { logger });
  const renamed = await readTable(db, org, 'bill');

  const other = freshOrg();
  await createTenant(other, db, { logger });
  const [id, status, ...rest] = invoice.fields;
  const fields = [id, { ...status, name: 'state' }, ...rest] as ModelSpec['fields'];
  const indexes = [{ columns: ['state', 'amount'], name: 'invoice_by_status' }];
  await createModel(other, { table: 'bill', fields, indexes }, db, { logger });
  expect(renamed).toEqual(await readTable(db, other, 'bill'));
});

it('createModels creates models in any order and in circles, all or none', async () => {
  const model = (table: string, target: string): ModelSpec => ({
    table,
    fields: [
      { name: 'id', type: 'Int' },
      {
        name: 'target_id',
        type: 'Int',
        references: { schema: org, table: target, column: 'id', onDelete: 'SET NULL' },
      },
    ],
  });
  await createModels(org, [model('a', 'b'), model('b', 'c'), model('c', 'a')], db, { logger });
  expect((await readTable(db, org, 'a'))?.foreignKeys[0]?.references.table).toBe('b');

  const failing = createModels(org, [model('d', 'e'), model('e', 'nowhere')], db, { logger });
  await expect(failing).rejects.toMatchObject({ code: 'REFERENCE_NOT_FOUND', table: 'e' });
  expect(await tablesOf(db, org)).toEqual(['a', 'b', 'c', 'invoice']);
});

describe('the option hazards', () => {
  /** The warnings of a change that would rewrite a table with rows. */
  const addId = async (hazards: 'refuse' | 'warn' | 'allow'): Promise<unknown[]> => {
    const log = recordedLog('warn');
    const field: FieldSpec = { name: `${hazards}_id`, type: 'Uuid', default: { fn: 'uuid' } };
    await addFieldToModel(org, 'invoice', field, db, { logger: log.logger, hazards: { rewrite: hazards } });
    return log.records().map(({ message }) => message);
  };

  it('does not count where the table is empty', async () => {
    expect(await addId('refuse')).toEqual([]);
    expect(await addId('warn')).toEqual([]);
  });

  it('refuses, warns or allows where it has rows', async () => {
    await db.withSchema(org).from('invoice').insert({ id: 1 });
    await expect(addId('refuse')).rejects.toMatchObject({
      code: 'HAZARD_REFUSED',
      message: expect.stringContaining('Use applyOnline'),
    });
    expect((await readTable(db, org, 'invoice'))?.columns.map(({ name }) => name)).toEqual(['id', 'status', 'amount']);
    expect(await addId('allow')).toEqual([]);
    expect(await addId('warn')).toEqual(['HAZARD']);
  });

  it('refuses a rename though the table is empty', async () => {
    const renamed = renameField(org, 'invoice', 'amount', 'total', db, { logger, hazards: 'refuse' });
    await expect(renamed).rejects.toMatchObject({ code: 'HAZARD_REFUSED' });
  });
});

it('addIndex blocks writers, not readers, until the transaction ends', async () => {
  await db.withSchema(org).from('invoice').insert({ id: 1 });
  await db.transaction(async (trx) => {
    await addIndex(org, 'invoice', { columns: ['amount'] }, trx, { logger });
    expect(await db.withSchema(org).from('invoice').count()).toEqual([{ count: '1' }]);
    const writer = db.transaction(async (other) => {
      await other.raw(`set local lock_timeout = '50ms'`);
      await other.withSchema(org).from('invoice').update({ amount: 1 });
    });
    await expect(writer).rejects.toMatchObject({ code: '55P03' });
  });
});

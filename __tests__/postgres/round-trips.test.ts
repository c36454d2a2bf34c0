// How many times a change goes to the server and back, counted at the driver.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createTenant,
  dropFieldFromModel,
  withTenant,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { freshOrg } from '../support/postgres';
import { warm } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();

beforeEach(async () => {
  await createModel(org, { table: 'customer', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  await createModel(org, { table: 'existing', fields: [{ name: 'id', type: 'Int' }] }, db, options);
});

/** All that a change can consist of: key, unique, check, index, comments and two foreign keys. */
function everything(): { model: ModelSpec; field: FieldSpec } {
  const references = { schema: org, table: 'customer', column: 'id', onDelete: 'CASCADE' as const };
  const field: FieldSpec = { name: 'added', type: 'Int', unique: true, references, comment: 'why?' };
  const fields: FieldSpec[] = [
    { name: 'id', type: 'Int' },
    { ...field, name: 'a' },
    { ...field, name: 'b' },
    { name: 'c', type: 'Enum', values: ['x'], default: 'x' },
  ];
  return {
    model: { table: 'invoice', comment: 'c', fields, indexes: [{ columns: ['a', 'b'] }, { columns: ['c'] }] },
    field,
  };
}

const CHANGES: Record<string, (tenant: Knex) => Promise<unknown>> = {
  createModel: (tenant) => createModel(org, everything().model, tenant, options),
  addFieldToModel: (tenant) => addFieldToModel(org, 'existing', everything().field, tenant, options),
  dropFieldFromModel: (tenant) => dropFieldFromModel(org, 'existing', 'id', tenant, options),
};

it('is counted where a query of several statements is one, and three queries are three', async () => {
  const { db: counted, sent } = await warm();
  await counted.raw('select 1; select 2');
  await counted.transaction((trx) => trx.raw('select ?::int', [3]));
  expect(sent).toEqual(['select 1; select 2', 'BEGIN;', 'select $1::int', 'COMMIT;']);
});

describe.each(Object.entries(CHANGES))('%s, whatever it consists of', (_name, change) => {
  it("is one round trip in a caller's transaction", async () => {
    const { db: counted, sent } = await warm();
    await counted.transaction(change);
    expect(sent).toEqual(['BEGIN;', expect.stringContaining('savepoint'), 'COMMIT;']);
  });

  it('is one round trip in withTenant, which itself takes one more than an empty transaction', async () => {
    const { db: counted, sent } = await warm();
    await withTenant(org, counted, change, options);
    expect(sent).toEqual([
      'BEGIN TRANSACTION ISOLATION LEVEL read committed;',
      expect.stringContaining('search_path'),
      expect.stringContaining('savepoint'),
      'COMMIT;',
    ]);
  });

  it('is two round trips on a bare Knex', async () => {
    const { db: counted, sent } = await warm();
    await change(counted);
    expect(sent).toEqual([expect.stringMatching(/^begin/), 'commit']);
  });
});

it('takes one more round trip for a change that fails, which undoes it and finds out why', async () => {
  const { db: counted, sent } = await warm();
  const failing = (tenant: Knex): Promise<unknown> =>
    expect(createModel(org, { table: 'existing', fields: [] }, tenant, options)).rejects.toMatchObject({
      code: 'MODEL_EXISTS',
    });
  await counted.transaction(failing);
  expect(sent).toEqual(['BEGIN;', expect.any(String), expect.stringMatching(/^rollback to savepoint/), 'COMMIT;']);
  sent.length = 0;
  await failing(counted);
  expect(sent).toEqual([expect.stringMatching(/^begin/), expect.stringMatching(/^rollback/)]);
});

it('creates a tenant in two', async () => {
  const { db: counted, sent } = await warm();
  await createTenant(freshOrg(), counted, options);
  expect(sent).toHaveLength(2);
});

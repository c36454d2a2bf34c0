// A service writes its metadata and changes the table in one transaction; then its hook runs, and may throw.
import type { Knex } from 'knex';
import { addFieldToModel, createModel, dropFieldFromModel, withTenant, type ModelSpec } from '../../lib';
import { readTable } from '../support/catalog';
import { expectedShape, shapeOf } from '../support/expected-table';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();

const existing: ModelSpec = {
  table: 'customer',
  fields: [
    { name: 'id', type: 'Int' },
    { name: 'name', type: 'Text', default: 'Acme', unique: true, comment: 'c' },
  ],
};
const invoice: ModelSpec = {
  table: 'invoice',
  fields: [
    { name: 'id', type: 'Int' },
    { name: 'status', type: 'Enum', values: ['draft'], default: 'draft' },
  ],
  indexes: [{ columns: ['status'] }],
};
const phone = { name: 'phone', type: 'String', unique: true } as const;

beforeEach(async () => {
  await db.raw('create table ??.metadata (entry text primary key)', [org]);
  await createModel(org, existing, db, options);
  await db('customer').withSchema(org).insert({ id: 1 });
});

/** What each operation does, and how the table of the example then looks. */
const OPERATIONS: Record<string, { change: (tenant: Knex) => Promise<unknown>; after: readonly ModelSpec[] }> = {
  createModel: { change: (tenant) => createModel(org, invoice, tenant, options), after: [existing, invoice] },
  addFieldToModel: {
    change: (tenant) => addFieldToModel(org, 'customer', phone, tenant, options),
    after: [{ ...existing, fields: [...existing.fields, phone] }],
  },
  dropFieldFromModel: {
    change: (tenant) => dropFieldFromModel(org, 'customer', 'name', tenant, options),
    after: [{ ...existing, fields: existing.fields.slice(0, 1) }],
  },
};

const TRANSACTIONS: Record<string, (work: (trx: Knex) => Promise<void>) => Promise<void>> = {
  withTenant: (work) => withTenant(org, db, work, options),
  'knex.transaction': (work) => db.transaction(work),
  'a nested transaction': (work) => db.transaction((trx) => trx.transaction(work)),
};

const ORDERS: Record<string, (metadata: () => Promise<void>, change: () => Promise<void>) => Promise<void>> = {
  'the metadata first': async (metadata, change) => {
    await metadata();
    await change();
  },
  'the table first': async (metadata, change) => {
    await change();
    await metadata();
  },
};

const ALL = Object.keys(OPERATIONS).flatMap((operation) =>
  Object.keys(TRANSACTIONS).flatMap((transaction) =>
    Object.keys(ORDERS).map((order) => ({ operation, transaction, order })),
  ),
);

class HookError extends Error {}

describe.each(ALL)('$operation in $transaction, $order', ({ operation, transaction, order }) => {
  /** The whole of a service's work, with its hook at the end. */
  async function run(hook: (trx: Knex) => Promise<void>): Promise<void> {
    await TRANSACTIONS[transaction]?.(async (trx) => {
      const metadata = (): Promise<void> => trx.withSchema(org).into('metadata').insert({ entry: operation });
      const change = async (): Promise<void> => void (await OPERATIONS[operation]?.change(trx));
      await ORDERS[order]?.(metadata, change);
      await hook(trx);
    });
  }

  async function expectLeft(metadata: readonly string[], models: readonly ModelSpec[]): Promise<void> {
    expect(await db('metadata').withSchema(org).pluck('entry')).toEqual(metadata);
    for (const { table } of [existing, invoice]) {
      const model = models.find((candidate) => candidate.table === table);
      expect(shapeOf(await readTable(db, org, table))).toEqual(model && expectedShape(model));
    }
    expect(await db('customer').withSchema(org).pluck('id')).toEqual([1]);
  }

  it('leaves neither the metadata nor the change when the hook throws', async () => {
    const thrown = new HookError('the hook failed');
    await expect(
      run(async (trx) => {
        // The hook sees both.
        expect(await trx.withSchema(org).from('metadata').pluck('entry')).toEqual([operation]);
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    await expectLeft([], [existing]);
  });

  it('leaves both when it does not', async () => {
    await run(async () => {});
    await expectLeft([operation], OPERATIONS[operation]?.after ?? []);
  });
});

it("leaves the metadata that was written outside of the transaction: it is the caller's", async () => {
  await db('metadata').withSchema(org).insert({ entry: 'outside' });
  const run = withTenant(
    org,
    db,
    async (tenant) => {
      await createModel(org, invoice, tenant, options);
      throw new HookError('the hook failed');
    },
    options,
  );
  await expect(run).rejects.toThrow(HookError);
  expect(await db('metadata').withSchema(org).pluck('entry')).toEqual(['outside']);
  expect(await readTable(db, org, 'invoice')).toBeUndefined();
});

it('keeps neither when COMMIT itself fails', async () => {
  await db.raw('alter table ??.metadata add constraint later unique (entry) deferrable initially deferred', [org]);
  await db.raw('alter table ??.metadata drop constraint metadata_pkey', [org]);
  const run = withTenant(
    org,
    db,
    async (tenant) => {
      await tenant('metadata').insert([{ entry: 'invoice' }, { entry: 'invoice' }]);
      await createModel(org, invoice, tenant, options);
    },
    options,
  );
  await expect(run).rejects.toMatchObject({ code: 'UNIQUE_VIOLATION', org, sqlState: '23505', retryScope: 'none' });
  expect(await db('metadata').withSchema(org)).toEqual([]);
  expect(await readTable(db, org, 'invoice')).toBeUndefined();
});

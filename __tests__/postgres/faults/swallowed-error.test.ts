// PostgreSQL rolls back whatever COMMIT is asked of a transaction in which a statement failed, and knex resolves.
import type { Knex } from 'knex';
import { addFieldToModel, MigrationError, withTenant } from '../../../lib';
import type { FieldSpec } from '../../../lib';
import { quiet } from '../../support/log';
import { migrationError } from '../../support/rejection';
import { columnsOf, throughProxy } from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const options = { logger: quiet, retry: { delayMs: 1 } };

let wire: Proxied;

beforeEach(async () => {
  wire = await throughProxy();
});

afterEach(() => wire.proxy.close());

async function swallowed(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}

const failing = (tenant: Knex): Promise<unknown> => tenant.raw('select 1 / 0').then();

it('never resolves where the last statement failed and the callback swallowed the error', async () => {
  const { db, org, admin } = wire;
  const error = await migrationError(
    withTenant(
      org,
      db,
      async (tenant) => {
        await addFieldToModel(org, 'invoice', amount, tenant);
        await swallowed(failing(tenant));
      },
      options,
    ),
  );
  expect(error).toMatchObject({ code: 'DATABASE_ERROR', org, retryScope: 'none', cause: { code: '22012' } });
  expect(await columnsOf(admin, org)).toEqual(['id']);
});

it('tells the first error where a change follows the one that was swallowed', async () => {
  const { db, org, admin } = wire;
  const changed = withTenant(
    org,
    db,
    async (tenant) => {
      await swallowed(failing(tenant));
      await addFieldToModel(org, 'invoice', amount, tenant);
    },
    options,
  );
  expect(await migrationError(changed)).toMatchObject({ org, cause: { code: '22012' } });
  expect(await columnsOf(admin, org)).toEqual(['id']);
});

it('runs again where what was swallowed is an error that a new transaction cures', async () => {
  const { db, org, admin } = wire;
  let attempts = 0;
  await withTenant(
    org,
    db,
    async (tenant) => {
      attempts += 1;
      await addFieldToModel(org, 'invoice', amount, tenant);
      if (attempts === 1) await swallowed(tenant.raw(`do $$ begin raise sqlstate '40001'; end $$`).then());
    },
    options,
  );
  expect(attempts).toBe(2);
  expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);
});

it('goes on after a change whose error the callback swallowed, and keeps the rest', async () => {
  const { db, org, admin } = wire;
  await withTenant(
    org,
    db,
    async (tenant) => {
      await tenant('metadata').insert({ name: 'before' });
      await swallowed(addFieldToModel(org, 'invoice', { name: 'id', type: 'Int' }, tenant));
      await addFieldToModel(org, 'invoice', amount, tenant);
      await tenant('metadata').insert({ name: 'after' });
    },
    options,
  );
  expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);
  expect(await admin('metadata').withSchema(org)).toEqual([{ name: 'before' }, { name: 'after' }]);
});

it('is told of a query that the callback did not await', async () => {
  const { db, org, admin } = wire;
  let stray: Promise<unknown> | undefined;
  const error = await migrationError(
    withTenant(
      org,
      db,
      async (tenant) => {
        await addFieldToModel(org, 'invoice', amount, tenant);
        stray = swallowed(tenant.raw('select pg_sleep(0.05)').then());
      },
      options,
    ),
  );
  await stray;
  expect(error).toBeInstanceOf(MigrationError);
  expect(error.message).toMatch(/await/i);
  expect(await columnsOf(admin, org)).toEqual(['id']);
});

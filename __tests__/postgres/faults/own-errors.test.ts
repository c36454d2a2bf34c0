// The callback of withTenant runs again for an error of its own transaction, however it arrives, and for nobody else's.
import { addFieldToModel, createModel, withTenant } from '../../../lib';
import type { TenantKnex } from '../../../lib';
import { quiet } from '../../support/log';
import { connect } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const db = connect({ pool: { min: 0, max: 6 } });
const options = { logger: quiet, lockTimeoutMs: 40, retry: { maxAttempts: 30, delayMs: 20, maxDelayMs: 20 } };
const once = { ...options, retry: { maxAttempts: 1 } };

const { org } = tenantTest({}, db);
const { org: other } = tenantTest({}, db);

beforeEach(async () => {
  for (const each of [org, other]) {
    await createModel(each, { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }, db, { logger: quiet });
  }
});

const rows = (tenant: TenantKnex): AsyncIterable<unknown> => tenant('invoice').select().stream();

it.each<[string, (tenant: TenantKnex) => Promise<unknown>]>([
  ['as it is', async (tenant) => tenant('invoice').update({ id: 1 })],
  [
    'out of a stream',
    async (tenant) => {
      for await (const row of rows(tenant)) void row;
    },
  ],
  [
    'in an AggregateError',
    (tenant) => Promise.any([tenant('invoice').update({ id: 1 }), Promise.reject(new Error('hook'))]),
  ],
  [
    'behind cause, twice',
    async (tenant) => {
      const failed = (cause: unknown): never => {
        throw new Error('could not save', { cause: new Error('the store failed', { cause }) });
      };
      await tenant('invoice').update({ id: 1 }).catch(failed);
    },
  ],
  [
    'of a change, behind cause',
    async (tenant) => {
      await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, tenant).catch((cause: unknown) => {
        throw new Error('could not save', { cause });
      });
    },
  ],
])('runs again after a lock timeout of its own: %s', async (_how, work) => {
  const holder = await db.transaction();
  await holder.raw('lock table ??.invoice', [org]);
  let runs = 0;
  await withTenant(
    org,
    db,
    async (tenant) => {
      runs += 1;
      if (runs === 2) await holder.rollback();
      await work(tenant);
    },
    options,
  );
  expect(runs).toBeGreaterThan(1);
});

it.each<[string, () => Promise<unknown>]>([
  ['a change of another org', () => addFieldToModel(other, 'invoice', { name: 'a', type: 'Int' }, db, once)],
  ['a withTenant of another org', () => withTenant(other, db, (tenant) => tenant('invoice').update({ id: 1 }), once)],
  [
    'another connection',
    async () =>
      db.transaction(async (trx) => {
        await trx.raw(`set local lock_timeout = '40ms'`);
        await trx('invoice').withSchema(other).update({ id: 1 });
      }),
  ],
])('runs once after a lock timeout of %s', async (_whose, work) => {
  const holder = await db.transaction();
  await holder.raw('lock table ??.invoice', [other]);
  let runs = 0;
  const run = withTenant(
    org,
    db,
    async () => {
      runs += 1;
      await work();
    },
    options,
  );
  await expect(run).rejects.toMatchObject({ message: expect.any(String) });
  await holder.rollback();
  expect(runs).toBe(1);
});

it('runs once after an error that it threw for reasons of its own, also one whose chain is a ring', async () => {
  const ring: Error & { cause?: unknown } = new Error('hook');
  ring.cause = ring;
  let runs = 0;
  const run = withTenant(org, db, () => ((runs += 1), Promise.reject(ring)), options);
  await expect(run).rejects.toBe(ring);
  expect(runs).toBe(1);
});

it('takes no second attempt after a field that is there already', async () => {
  const run = withTenant(
    org,
    db,
    (tenant) => addFieldToModel(org, 'invoice', { name: 'id', type: 'Int' }, tenant),
    options,
  );
  expect(await migrationError(run)).toMatchObject({ code: 'FIELD_EXISTS' });
});

// The log of a change in a transaction of the caller's: written when knex tells of its end, and of nothing that was undone.
import type { Knex } from 'knex';
import { addFieldToModel, applyChanges, withTenant } from '../../../lib';
import type { FieldSpec } from '../../../lib';
import { recordedLog } from '../../support/log';
import { migrationError } from '../../support/rejection';
import { COMMIT, strikeOnce, throughProxy } from '../../support/through-proxy';
import { tenantTest } from '../../support/tenant-test';

const { db, org } = tenantTest({ logger: recordedLog().logger });
const int = (name: string): FieldSpec => ({ name, type: 'Int' });
let log: ReturnType<typeof recordedLog>;

beforeEach(async () => {
  log = recordedLog();
  await db.raw('create table ??.invoice (id int primary key)', [org]);
});

const add = (name: string, trx: Knex): Promise<unknown> =>
  addFieldToModel(org, 'invoice', int(name), trx, { logger: log.logger, retry: { maxAttempts: 1 } });
const told = (): unknown[] => log.records().map(({ level, fields, uncommitted }) => [level, fields, uncommitted]);

it('is written after COMMIT', async () => {
  await db.transaction(async (trx) => {
    await add('a', trx);
    expect(told()).toEqual([]);
  });
  expect(told()).toEqual([['info', ['a'], undefined]]);
});

it.each<[string, (trx: Knex.Transaction) => Promise<unknown>]>([
  ['ROLLBACK', (trx) => trx.rollback()],
  [
    'COMMIT of an aborted transaction',
    async (trx) => {
      await trx.raw('select 1 / 0').catch(() => undefined);
      await trx.commit();
    },
  ],
  [
    'COMMIT that a deferred constraint refuses',
    async (trx) => {
      await trx.raw('create table ??.once (k int unique deferrable initially deferred)', [org]);
      await trx.raw('insert into ??.once values (1), (1)', [org]);
      await trx.commit().catch(() => undefined);
    },
  ],
])('is not written after %s', async (_what, end) => {
  const trx = await db.transaction();
  trx.executionPromise.catch(() => undefined);
  await add('a', trx);
  await end(trx);
  await trx.executionPromise.catch(() => undefined);
  expect(told()).toEqual([]);
});

it('has none of what a nested transaction or a savepoint took back', async () => {
  await db.transaction(async (trx) => {
    await add('a', trx);
    await trx.transaction(async (outer) => {
      await outer.transaction(async (inner) => add('b', inner));
      await outer.transaction(async (inner) => void (await add('c', inner), await inner.rollback()));
    });
    await trx
      .transaction(async (outer) => {
        await outer.transaction(async (inner) => add('d', inner));
        throw new Error('hook');
      })
      .catch(() => undefined);
    await trx.raw('savepoint mine');
    await add('e', trx);
    await trx.raw('rollback to savepoint mine');
    await add('f', trx);
  });
  expect(told()).toEqual([
    ['info', ['a'], undefined],
    ['info', ['b'], undefined],
    ['info', ['f'], undefined],
  ]);
});

it('says where it cannot be known: SQL that ends the transaction itself', async () => {
  await db.transaction(async (trx) => {
    await add('a', trx);
    await trx.raw('rollback; begin');
  });
  expect(told()).toEqual([['info', ['a'], true]]);
});

it('says where it cannot be known: a connection that is lost during COMMIT', async () => {
  const wire = await throughProxy();
  void strikeOnce(wire.proxy, COMMIT, (exchange) => exchange.cut());
  const trx = await wire.db.transaction();
  await addFieldToModel(wire.org, 'invoice', int('a'), trx, { logger: log.logger });
  await trx
    .commit()
    .then(() => trx.executionPromise)
    .catch(() => undefined);
  expect(told()).toEqual([['info', ['a'], true]]);
  await wire.proxy.close();
});

it('is one record for a list that failed, and names what failed', async () => {
  const changes = [
    { kind: 'addField' as const, table: 'invoice', field: int('a') },
    { kind: 'addField' as const, table: 'invoice', field: int('id') },
    { kind: 'dropField' as const, table: 'invoice', column: 'b' },
  ];
  await migrationError(applyChanges(org, changes, db, { logger: log.logger }));
  expect(log.records()).toMatchObject([
    { level: 'error', message: 'ADD COLUMN', fields: ['id'], code: 'FIELD_EXISTS' },
  ]);
});

it('is one record for an attempt of withTenant that fails at COMMIT', async () => {
  await db.raw('create table ??.once (k int unique deferrable initially deferred)', [org]);
  const run = withTenant(
    org,
    db,
    async (tenant) => {
      await addFieldToModel(org, 'invoice', int('a'), tenant);
      await tenant('once').insert([{ k: 1 }, { k: 1 }]);
    },
    { logger: log.logger },
  );
  await migrationError(run);
  expect(log.records()).toMatchObject([
    { level: 'error', message: 'COMMIT', org, code: 'UNIQUE_VIOLATION', attempt: 1 },
  ]);
});

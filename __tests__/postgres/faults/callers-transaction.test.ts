// A change in a caller's own transaction fails alone: the transaction goes on as it was, and what only a new
// transaction can cure is told at once.
import type { Knex } from 'knex';
import { addFieldToModel, createModel } from '../../../lib';
import type { ChangeOptions, FieldSpec } from '../../../lib';
import { FEW_LOCKS, fillLockTable } from '../../chaos/lock-table';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import { quiet } from '../../support/log';
import { migrationError } from '../../support/rejection';
import { needSuperuser } from '../../support/rights';
import { BATCH, columnsOf, ROLLBACK, strikeOnce, throughProxy, until, waitingFor } from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const once: ChangeOptions = { logger: quiet, lockTimeoutMs: 50, retry: { maxAttempts: 1 } };
const thrice: ChangeOptions = { logger: quiet, lockTimeoutMs: 50, retry: { maxAttempts: 3, delayMs: 1 } };

let wire: Proxied;

beforeEach(async () => {
  wire = await throughProxy();
});

afterEach(() => wire.proxy.close());

/** Another session has the table, until it is told to let go. */
async function held(table: string, mode = 'access share'): Promise<() => Promise<void>> {
  const session = await wire.admin.transaction();
  await session.raw(`lock table ??.?? in ${mode} mode`, [wire.org, table]);
  return async () => void (await session.rollback());
}

const settings = (trx: Knex): Promise<unknown> =>
  trx
    .raw(
      `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
              current_setting('search_path') as path`,
    )
    .then(({ rows }: { rows: unknown[] }) => rows[0]);

describe('goes on, with its settings as they were, after', () => {
  const failures: Record<string, { code: string; change: (trx: Knex) => Promise<unknown> }> = {
    'a lock timeout': {
      code: 'LOCK_TIMEOUT',
      change: async (trx) => {
        const letGo = await held('invoice');
        return addFieldToModel(wire.org, 'invoice', amount, trx, once).finally(letGo);
      },
    },
    'a statement that was cancelled': {
      code: 'STATEMENT_TIMEOUT',
      change: async (trx) => {
        const letGo = await held('invoice');
        const options = { ...once, lockTimeoutMs: 5000 };
        void until(async () => (await waitingFor(wire.admin, wire.org, 'invoice')) > 0).then(() =>
          wire.admin.raw(
            'select pg_cancel_backend(pid) from pg_locks where relation = format(?, ?::text, ?::text)::regclass and not granted',
            ['%I.%I', wire.org, 'invoice'],
          ),
        );
        return addFieldToModel(wire.org, 'invoice', amount, trx, options).finally(letGo);
      },
    },
    'a field that is there': {
      code: 'FIELD_EXISTS',
      change: (trx) => addFieldToModel(wire.org, 'invoice', { name: 'id', type: 'Int' }, trx, once),
    },
    'a table that is not there': {
      code: 'MODEL_NOT_FOUND',
      change: (trx) => addFieldToModel(wire.org, 'nowhere', amount, trx, once),
    },
    'the second statement of a change': {
      code: 'REFERENCE_NOT_FOUND',
      change: (trx) =>
        createModel(
          wire.org,
          {
            table: 'line',
            fields: [
              {
                name: 'invoice',
                type: 'Int',
                references: { schema: wire.org, table: 'nowhere', column: 'id', onDelete: 'CASCADE' },
              },
            ],
          },
          trx,
          once,
        ),
    },
  };

  it.each(Object.entries(failures))('%s', async (_name, { code, change }) => {
    const { db, org, admin } = wire;
    await db.transaction(async (trx) => {
      await trx.raw(
        `set local lock_timeout = '777ms'; set local statement_timeout = '8888ms'; set local search_path = 'pg_catalog'`,
      );
      await trx('metadata').withSchema(org).insert({ name: 'before' });
      const before = await settings(trx);
      expect(await migrationError(change(trx))).toMatchObject({ code, org });
      expect(await settings(trx)).toEqual(before);
      await addFieldToModel(org, 'invoice', { name: 'total', type: 'Int' }, trx, once);
      expect(await settings(trx)).toEqual(before);
      await trx('metadata').withSchema(org).insert({ name: 'after' });
    });
    expect(await admin('metadata').withSchema(org)).toEqual([{ name: 'before' }, { name: 'after' }]);
    expect(await columnsOf(admin, org)).toEqual(['id', 'total']);
    const { rows } = await admin.raw('select to_regclass(?) as line', [`"${org}".line`]);
    expect(rows).toEqual([{ line: null }]);
  });
});

it('goes on where not even the question what failed is answered', async () => {
  const server = await startPostgres({
    major: Number(process.env.POSTGRES_MAJOR ?? 18),
    settings: { ...NOT_DURABLE, ...FEW_LOCKS },
  });
  const own = await throughProxy(server.url);
  try {
    await own.db.transaction(async (trx) => {
      await trx('metadata').withSchema(own.org).insert({ name: 'before' });
      // So many weak locks that the next one needs the table that is shared with all.
      await trx.raw('select count(*) from pg_views, pg_rules, pg_policies, pg_publication_tables limit 1');
      const letGo = await fillLockTable(server.url);
      const error = await migrationError(addFieldToModel(own.org, 'invoice', amount, trx, once)).finally(letGo);
      expect(error).toMatchObject({ code: 'TOO_MANY_LOCKS', sqlState: '53200' });
      await trx('metadata').withSchema(own.org).insert({ name: 'after' });
    });
    expect(await own.admin('metadata').withSchema(own.org)).toEqual([{ name: 'before' }, { name: 'after' }]);
  } finally {
    await own.proxy.close();
    await Promise.all([own.db.destroy(), own.admin.destroy()]);
    await server.stop();
  }
});

it('tries again from the savepoint after a lock timeout, and holds no lock while it waits', async () => {
  const { db, org, admin, proxy } = wire;
  const letGo = await held('invoice');
  const locks: unknown[] = [];
  let batches = 0;
  proxy.onExchange(async ({ sql, pid }) => {
    if (!BATCH.test(sql)) return;
    batches += 1;
    if (batches !== 2) return;
    const { rows } = await admin.raw(
      `select mode from pg_locks where pid = ? and granted and (locktype = 'advisory' or mode ~ 'Exclusive')
         and locktype not in ('virtualxid', 'transactionid') and mode <> 'RowExclusiveLock'`,
      [pid],
    );
    locks.push(...rows);
    await letGo();
  });
  const result = await db.transaction(async (trx) => {
    await trx('metadata').withSchema(org).insert({ name: 'before' });
    return addFieldToModel(org, 'invoice', amount, trx, thrice);
  });
  expect(result.attempts).toBe(2);
  expect(locks).toEqual([]);
  expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);
});

it.each([
  [
    'share row exclusive',
    (trx: Knex, org: string) => trx.raw('lock table ??.metadata in share row exclusive mode', [org]),
  ],
  [
    'access exclusive, of a change before it',
    (trx: Knex, org: string) => createModel(org, { table: 'line', fields: [{ name: 'id', type: 'Int' }] }, trx, once),
  ],
] as const)('tells a lock timeout at once where the transaction holds a strong lock: %s', async (_name, lock) => {
  const { db, org, admin } = wire;
  const letGo = await held('invoice');
  let retries = 0;
  const onRetry = (): void => void (retries += 1);
  await db.transaction(async (trx) => {
    await lock(trx, org);
    const options = { ...thrice, retry: { ...thrice.retry, onRetry } };
    const error = await migrationError(addFieldToModel(org, 'invoice', amount, trx, options));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', sqlState: '55P03', retryScope: 'transaction' });
    await trx('metadata').withSchema(org).insert({ name: 'after' });
  });
  await letGo();
  expect(retries).toBe(0);
  expect(wire.sent.filter((sql) => /"invoice" add column/.test(sql))).toHaveLength(1);
  expect(await admin('metadata').withSchema(org)).toEqual([{ name: 'after' }]);
});

it('tells a deadlock at once, since only a new transaction cures it, and goes on', async () => {
  needSuperuser('set deadlock_timeout');
  const { db, org, admin } = wire;
  const other = await admin.transaction();
  await other.raw(`set local deadlock_timeout = '60s'`);
  await other.raw('lock table ??.invoice in access exclusive mode', [org]);
  let crossing: Promise<unknown> | undefined;
  await db.transaction(async (trx) => {
    await trx.raw(`set local deadlock_timeout = '10ms'`);
    await trx('metadata').withSchema(org).insert({ name: 'before' });
    crossing = other.raw('lock table ??.metadata in access exclusive mode', [org]).then();
    await until(async () => (await waitingFor(admin, org, 'metadata')) === 1);
    const options = { ...thrice, lockTimeoutMs: 5000 };
    const error = await migrationError(addFieldToModel(org, 'invoice', amount, trx, options));
    expect(error).toMatchObject({ code: 'DEADLOCK', sqlState: '40P01', retryScope: 'transaction' });
    await trx('metadata').withSchema(org).insert({ name: 'after' });
  });
  await crossing;
  await other.rollback();
  expect(wire.count(BATCH)).toBe(1);
  expect(await admin('metadata').withSchema(org)).toEqual([{ name: 'before' }, { name: 'after' }]);
});

it.each([
  ['inside the batch', BATCH],
  ['while the change is undone', ROLLBACK],
])('rejects, and so does the transaction, where the connection is lost %s', async (_where, pattern) => {
  const { db, org, admin, proxy } = wire;
  void strikeOnce(proxy, pattern, (exchange) => exchange.cut());
  const broken = db.transaction(async (trx) => {
    await trx('metadata').withSchema(org).insert({ name: 'before' });
    // The caller who swallows it is not told of success all the same.
    await addFieldToModel(
      org,
      'invoice',
      { name: pattern === BATCH ? 'amount' : 'id', type: 'Int' },
      trx,
      thrice,
    ).catch(() => undefined);
  });
  await expect(broken).rejects.toThrow();
  expect(wire.count(BATCH)).toBe(1);
  expect(await columnsOf(admin, org)).toEqual(['id']);
  expect(await admin('metadata').withSchema(org)).toEqual([]);
});

// Nothing is waited for without an end, no wait multiplies, and what stands in the way is said.
import type { Knex } from 'knex';
import { knex } from 'knex';
import { addFieldToModel, createModel, dropTenant, withTenant } from '../../../lib';
import type { FieldSpec, TenantKnex } from '../../../lib';
import { startProxy } from '../../chaos/proxy';
import { quiet } from '../../support/log';
import { inOwnDatabase } from '../../support/own-database';
import { connect, freshOrg, freshRole, serverUrl } from '../../support/postgres';
import { migrationError, rejection } from '../../support/rejection';
import { BATCH, columnsOf, COMMIT, FATE, ROLLBACK, strikeOnce, throughProxy, until } from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const options = {
  logger: quiet,
  lockTimeoutMs: 100,
  statementTimeoutMs: 300,
  retry: { maxAttempts: 2, delayMs: 1 },
};

const ways = {
  withTenant: (db: Knex, org: string) =>
    withTenant(org, db, (tenant) => addFieldToModel(org, 'invoice', amount, tenant), options),
  'a bare Knex': (db: Knex, org: string) => addFieldToModel(org, 'invoice', amount, db, options),
};

const STANDING = /tenant_ddl_standing/;

/** Swallows what is asked, and answers nothing. */
const swallow = (): Promise<void> => new Promise(() => undefined);

describe.each(Object.entries(ways))('%s over a connection that swallows what is sent', (_way, change) => {
  let wire: Proxied;

  beforeEach(async () => {
    wire = await throughProxy();
  });

  afterEach(() => wire.proxy.close());

  it.each([
    ['BEGIN', /^begin\b/i],
    ['the set-up or the batch', /lock_timeout/],
    ['the batch', BATCH],
    ['COMMIT', COMMIT],
  ])('gives it up at %s, and goes on with another', async (_where, at) => {
    void strikeOnce(wire.proxy, at, swallow);
    await change(wire.db, wire.org);
    expect(await columnsOf(wire.admin, wire.org)).toEqual(['id', 'amount']);
  });

  it('is OUTCOME_UNKNOWN where the question is swallowed as well', async () => {
    void strikeOnce(wire.proxy, COMMIT, (exchange) => exchange.cut());
    wire.proxy.onExchange(({ sql }) => (FATE.test(sql) ? swallow() : undefined));
    const error = await migrationError(change(wire.db, wire.org));
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryScope: 'none' });
  });
});

describe('over a connection that swallows what is sent', () => {
  let wire: Proxied;
  const used = (): number => wire.db.client.pool.numUsed();

  beforeEach(async () => {
    wire = await throughProxy();
  });

  afterEach(() => wire.proxy.close());

  const tookBack = async (tenant: TenantKnex): Promise<void> => {
    await addFieldToModel(wire.org, 'invoice', amount, tenant);
    await tenant.raw('savepoint mine');
    await tenant.raw('rollback to mine');
  };

  it('withTenant gives it up at its look before COMMIT, and goes on with another', async () => {
    void strikeOnce(wire.proxy, STANDING, swallow);
    let runs = 0;
    const callback = async (tenant: TenantKnex): Promise<void> => {
      runs += 1;
      await tookBack(tenant);
    };
    await withTenant(wire.org, wire.db, callback, options);
    expect([runs, used(), wire.count(STANDING)]).toEqual([2, 0, 2]);
    expect(await columnsOf(wire.admin, wire.org)).toEqual(['id', 'amount']);
  });

  it('withTenant runs nothing again where the callback had committed before that look', async () => {
    void strikeOnce(wire.proxy, STANDING, swallow);
    let runs = 0;
    const committing = async (tenant: TenantKnex): Promise<void> => {
      runs += 1;
      await tookBack(tenant);
      await tenant.raw('commit and chain');
    };
    const error = await migrationError(withTenant(wire.org, wire.db, committing, options));
    expect([error.code, runs, used()]).toEqual(['OUTCOME_UNKNOWN', 1, 0]);
    expect(error.message).toContain('What it had done by then is committed.');
  });

  it('withTenant gives it up at ROLLBACK, and throws what the callback threw', async () => {
    void strikeOnce(wire.proxy, ROLLBACK, swallow);
    const mistake = new Error('of the callback');
    const failing = async (tenant: TenantKnex): Promise<void> => {
      await addFieldToModel(wire.org, 'invoice', amount, tenant);
      throw mistake;
    };
    const patient = { ...options, statementTimeoutMs: 30_000 };
    expect(await rejection(withTenant(wire.org, wire.db, failing, patient))).toBe(mistake);
    await until(() => used() === 0);
    // Not on that connection.
    await wire.db.raw('select 1').timeout(2000);
    expect(await columnsOf(wire.admin, wire.org)).toEqual(['id']);
  });

  it.each([
    ['a batch', /^begin\b/i],
    ['COMMIT', COMMIT],
  ])('dropTenant gives it up at %s, and goes on with another', async (_where, at) => {
    void strikeOnce(wire.proxy, at, swallow);
    await dropTenant(wire.org, wire.db, { ...options, confirm: wire.org });
    const { rows } = await wire.admin.raw('select from pg_namespace where nspname = ?', [wire.org]);
    expect([rows.length, used()]).toEqual([0, 0]);
  });
});

it('waits for a full pool once', async () => {
  const org = freshOrg();
  const db = connect({ pool: { min: 0, max: 1 }, acquireConnectionTimeout: 200, log: { warn: () => undefined } });
  const held = await db.transaction();
  const startedAt = performance.now();
  const error = await migrationError(addFieldToModel(org, 'invoice', amount, db, { logger: quiet }));
  expect(error).toMatchObject({ code: 'POOL_TIMEOUT', retryScope: 'none' });
  expect(performance.now() - startedAt).toBeLessThan(400);
  await held.rollback();
});

it.each([
  [{ port: 1 }, 'CONNECTION_LOST', /ECONNREFUSED 127\.0\.0\.1:1/],
  [{ database: 'nowhere' }, 'DATABASE_ERROR', /rejected the connection: .*"nowhere" does not exist/],
] as const)('says why no connection can be made with %p', async (wrong, code, says) => {
  const { port, username, password } = new URL(serverUrl());
  const connection = { host: '127.0.0.1', port: Number(port), user: username, password, ...wrong };
  const db = knex({ client: 'pg', connection, log: { warn: () => undefined } });
  let repeated = 0;
  const retry = { maxAttempts: 2, delayMs: 1, onRetry: () => (repeated += 1) };
  const error = await migrationError(addFieldToModel('acme', 'invoice', amount, db, { logger: quiet, retry }));
  expect([error.code, repeated]).toEqual([code, code === 'CONNECTION_LOST' ? 1 : 0]);
  expect(error.message).toMatch(says);
  await db.destroy();
});

it('changes tables where the role may not ask which server it is, and does not know what became of a lost COMMIT', async () => {
  await inOwnDatabase(async (url, admin) => {
    const [org, role] = [freshOrg(), freshRole()];
    const names = ['pg_control_system()', 'pg_control_checkpoint()', 'pg_postmaster_start_time()', 'pg_backend_pid()'];
    const more = ['pg_walfile_name(pg_lsn)', 'pg_current_wal_insert_lsn()', 'pg_stat_get_bgwriter_stat_reset_time()'];
    await admin.raw(`revoke execute on function ${[...names, ...more].join(', ')} from public`);
    await admin.raw(`create role ?? login password 'x'; create schema ?? authorization ??`, [role, org, role]);
    const proxy = await startProxy(url);
    const theirs = Object.assign(new URL(proxy.url), { username: role, password: 'x' }).href;
    const db = connect({ connection: { connectionString: theirs }, log: { warn: () => undefined } });
    await createModel(org, { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }, db, { logger: quiet });
    await ways['a bare Knex'](db, org);
    await withTenant(org, db, (tenant) => tenant('invoice').select(), options);
    expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);

    void strikeOnce(proxy, COMMIT, (exchange) => exchange.cut());
    const lost = addFieldToModel(org, 'invoice', { name: 'more', type: 'Int' }, db, options);
    expect(await migrationError(lost)).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await db.destroy();
    await proxy.close();
    await admin.raw('drop schema ?? cascade; drop role ??', [org, role]);
  });
});

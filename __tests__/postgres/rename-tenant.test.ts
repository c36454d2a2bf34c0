// A tenant gets another name: its schema, and what the library keeps of it elsewhere.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createTenant,
  renameTenant,
  tenantDdl,
  withTenant,
  type ChangeOptions,
} from '../../lib';
import { tablesOf } from '../support/catalog';
import { recordedLog } from '../support/log';
import { connect, dropAfterTest, freshOrg, freshRole, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';
import { COMMIT, strikeOnce, throughProxy } from '../support/through-proxy';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 }, lockTimeoutMs: 200 });
const invoice = { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] } as const;
const rename = (from: string, to: string, given: ChangeOptions = options): ReturnType<typeof renameTenant> =>
  renameTenant(from, to, db, given);

async function isThere(schema: string, on: Knex = db): Promise<boolean> {
  return (await on.raw('select from pg_namespace where nspname = ?', [schema])).rows.length > 0;
}

it('renames the schema with all that is in it', async () => {
  const to = freshOrg();
  await createModel(org, invoice, db, options);
  expect(await rename(org, to)).toMatchObject({
    org,
    changes: [],
    statements: [`alter schema "${org}" rename to "${to}"`],
    attempts: 1,
  });
  expect(await isThere(org)).toBe(false);
  expect(await tablesOf(db, to)).toEqual(['invoice']);
  await addFieldToModel(to, 'invoice', { name: 'note', type: 'String' }, db, options);
});

it('is a function of tenantDdl', async () => {
  const to = freshOrg();
  await tenantDdl(db, options).renameTenant(org, to);
  expect(await isThere(to)).toBe(true);
});

it('writes one record, with both names, and publishes the change', async () => {
  const to = freshOrg();
  const { logger, records } = recordedLog();
  const heard: unknown[] = [];
  const hear = (message: unknown): unknown => heard.push(message);
  subscribe('tracing:tenant-ddl:change:asyncEnd', hear);
  try {
    await rename(org, to, { ...options, logger });
  } finally {
    unsubscribe('tracing:tenant-ddl:change:asyncEnd', hear);
  }
  expect(records()).toEqual([
    expect.objectContaining({ level: 'info', message: 'ALTER SCHEMA', org, to, fields: [], attempts: 1 }),
  ]);
  expect(heard).toEqual([expect.objectContaining({ org, operations: ['ALTER SCHEMA'], tables: [], attempts: 1 })]);
});

describe('what refers to the schema from outside', () => {
  it('follows where PostgreSQL keeps an oid, and keeps the old name where it is text', async () => {
    const [to, other] = [freshOrg(), freshOrg()];
    await createModel(org, invoice, db, options);
    await db.raw(
      `create schema :other:; create table :other:.line (invoice int references :org:.invoice);
      create view :other:.seen as select * from :org:.invoice;
      create function :other:.told() returns bigint language sql as 'select count(*) from "${org}".invoice'`,
      { org, other },
    );
    await rename(org, to);
    await db.raw('insert into ??.invoice values (1); insert into ??.line values (1)', [to, other]);
    expect((await db.raw('select * from ??.seen', [other])).rows).toEqual([{ id: 1 }]);
    await expect(db.raw('select ??.told()', [other])).rejects.toMatchObject({ code: '42P01' });
    await db.raw('drop schema ?? cascade', [other]);
  });
});

describe('is refused, and changes nothing,', () => {
  it('where there is no such tenant', async () => {
    const [missing, to] = [freshOrg(), freshOrg()];
    expect(await migrationError(rename(missing, to))).toMatchObject({ code: 'TENANT_NOT_FOUND', org: missing });
  });

  it('where the name is taken, its own too', async () => {
    const taken = freshOrg();
    await createTenant(taken, db, options);
    for (const to of [taken, org]) {
      const error = await migrationError(rename(org, to));
      expect(error).toMatchObject({ code: 'TENANT_EXISTS', org, retryScope: 'none' });
      expect(error.message).toContain(`Schema "${to}" already exists`);
    }
  });

  it.each(['', 'a b', 'public', 'pg_temp', 'tenant_ddl', 'x'.repeat(64), undefined])(
    'where %p is no org, whichever it is',
    async (name) => {
      const wrong = name as string;
      expect(await migrationError(rename(org, wrong))).toMatchObject({ code: 'INVALID_IDENTIFIER' });
      expect(await migrationError(rename(wrong, org))).toMatchObject({ code: 'INVALID_IDENTIFIER' });
    },
  );

  it('where one of both is a shared schema', async () => {
    const shared = freshOrg();
    for (const sharedSchemas of [[shared], [org]]) {
      const error = await migrationError(rename(org, shared, { ...options, sharedSchemas }));
      expect(error).toMatchObject({ code: 'INVALID_IDENTIFIER', org: sharedSchemas[0] });
    }
    expect(await isThere(org)).toBe(true);
  });

  it('where the role does not own the schema, or may not create one', async () => {
    const [role, to] = [freshRole(), freshOrg()];
    const [{ current_database: database }] = (await db.raw('select current_database()')).rows;
    await db.raw(`create role ?? login password 'secret'`, [role]);
    const url = Object.assign(new URL(serverUrl()), { username: role, password: 'secret' });
    const limited = connect({ connection: { connectionString: url.href } });
    const attempt = (): ReturnType<typeof renameTenant> => renameTenant(org, to, limited, options);
    const refused = await migrationError(attempt());
    expect(refused).toMatchObject({ code: 'PERMISSION_DENIED', org });
    expect(refused.message).toContain('own the schema, and needs CREATE on the database');
    await db.raw('alter schema ?? owner to ??', [org, role]);
    expect(await migrationError(attempt())).toMatchObject({ code: 'PERMISSION_DENIED', org });
    await db.raw('grant create on database ?? to ??', [database, role]);
    await attempt();
    expect(await isThere(to)).toBe(true);
    await db.raw('revoke create on database ?? from ??', [database, role]);
    await db.raw('drop schema ?? cascade', [to]);
  });
});

describe('takes the turns of both orgs', () => {
  it('and waits for a change of either', async () => {
    const to = freshOrg();
    for (const held of [org, to]) {
      await db.transaction(async (trx) => {
        await trx.raw(`select pg_advisory_xact_lock(hashtextextended('tenant_ddl ' || ?, 0))`, [held]);
        expect(await migrationError(rename(org, to))).toMatchObject({ code: 'LOCK_TIMEOUT', org });
      });
    }
    await rename(org, to);
  });

  it('in the same order, whichever is which', async () => {
    const to = freshOrg();
    const [first = '', second = ''] = [org, to].sort();
    const { db: counted, sent } = countedConnect();
    for (const [from, name] of [
      [org, to],
      [to, org],
    ] as const) {
      await renameTenant(from, name, counted, options);
      const batch = sent.filter((text) => text.includes('alter schema')).at(-1) ?? '';
      expect(batch.indexOf(`tenant_ddl ${first}`)).toBeGreaterThan(-1);
      expect(batch.indexOf(`tenant_ddl ${first}`)).toBeLessThan(batch.indexOf(`tenant_ddl ${second}`));
    }
  });

  it('so of two calls at once, one renames and the other finds no tenant', async () => {
    const names = [freshOrg(), freshOrg()];
    const calls = names.map((to) => renameTenant(org, to, connect(), { logger: options.logger }));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'TENANT_NOT_FOUND', org });
  });
});

describe('in a transaction', () => {
  it('of the caller is part of it, and leaves it usable when it fails', async () => {
    const [to, taken] = [freshOrg(), freshOrg()];
    await createTenant(taken, db, options);
    const hook = new Error('hook');
    const run = db.transaction(async (trx) => {
      expect(await migrationError(renameTenant(org, taken, trx, options))).toMatchObject({ code: 'TENANT_EXISTS' });
      await renameTenant(org, to, trx, options);
      expect(await isThere(to, trx)).toBe(true);
      throw hook;
    });
    await expect(run).rejects.toBe(hook);
    expect([await isThere(org), await isThere(to)]).toEqual([true, false]);
  });

  it('is refused with an older snapshot, which would not show an online change', async () => {
    const run = db.transaction((trx) => renameTenant(org, freshOrg(), trx, options), {
      isolationLevel: 'repeatable read',
    });
    expect((await migrationError(run)).message).toContain('repeatable read');
  });

  it('of withTenant is refused, and so is the Knex inside its callback', async () => {
    const to = freshOrg();
    const onHandle = withTenant(org, db, (tenant) => renameTenant(org, to, tenant, options), options);
    expect(await migrationError(onHandle)).toMatchObject({ code: 'INVALID_SPEC', org });
    const nested = withTenant(org, db, () => rename(org, to), options);
    expect(await migrationError(nested)).toMatchObject({ code: 'NESTED_CALL', org });
  });
});

describe('a withTenant that is open meanwhile', () => {
  it('keeps the rename waiting once it has the turn', async () => {
    const to = freshOrg();
    await withTenant(
      org,
      db,
      async () => expect(await migrationError(rename(org, to, { ...options }))).toMatchObject({ code: 'NESTED_CALL' }),
      options,
    );
    await withTenant(
      org,
      db,
      async (tenant) => {
        await tenant.raw('select 1');
        const other = connect();
        expect(await migrationError(renameTenant(org, to, other, options))).toMatchObject({ code: 'LOCK_TIMEOUT' });
      },
      { ...options, turn: 'start' },
    );
  });

  it('finds its tables no longer where it has not, and its changes no tenant', async () => {
    const to = freshOrg();
    await createModel(org, invoice, db, options);
    const read = withTenant(
      org,
      db,
      async (tenant) => {
        expect(await tenant('invoice')).toEqual([]);
        await renameTenant(org, to, connect(), options);
        await createModel(org, { ...invoice, table: 'line' }, tenant).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'TENANT_NOT_FOUND', org });
        });
        await tenant('invoice');
      },
      options,
    );
    await expect(read).rejects.toMatchObject({ code: '42P01' });
    expect(await tablesOf(db, to)).toEqual(['invoice']);
  });
});

it('renames once where the answer to COMMIT is lost', async () => {
  const wire = await throughProxy();
  const to = freshOrg();
  try {
    void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
      await exchange.ask();
      exchange.cut();
    });
    await renameTenant(wire.org, to, wire.db, { logger: options.logger, retry: { delayMs: 1 } });
    expect([await isThere(wire.org), await isThere(to)]).toEqual([false, true]);
    expect(wire.count(/alter schema/)).toBe(1);
  } finally {
    dropAfterTest(to);
    await wire.proxy.close();
  }
});

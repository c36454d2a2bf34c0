import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createTenant,
  dropFieldFromModel,
  withTenant,
  type FieldSpec,
  type ModelSpec,
  type TenantKnex,
  type TenantOptions,
} from '../../lib';
import { columnsOf, readTable, tablesOf } from '../support/catalog';
import { recordedLog } from '../support/log';
import { inOwnDatabase } from '../support/own-database';
import { connect, freshOrg, freshRole, serverUrl } from '../support/postgres';
import { migrationError, rejection } from '../support/rejection';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();
const once = { ...options, retry: { maxAttempts: 1 } };
const id: FieldSpec = { name: 'id', type: 'Int' };
const model = (table: string): ModelSpec => ({ table, fields: [id] });

async function freshTenant(): Promise<string> {
  const created = freshOrg();
  await createTenant(created, db, options);
  return created;
}

describe('the tenant that withTenant hands out', () => {
  it('is a transaction whose tables are those of the org, then those of the shared schemas', async () => {
    const shared = await freshTenant();
    await createModel(shared, { table: 'country', fields: [id, { name: 'shared', type: 'Int' }] }, db, options);
    await createModel(shared, model('invoice'), db, options);
    await createModel(org, { table: 'invoice', fields: [id, { name: 'own', type: 'Int' }] }, db, options);
    await withTenant(
      org,
      db,
      async (tenant) => {
        expect(tenant.org).toBe(org);
        expect(tenant.isTransaction).toBe(true);
        await tenant('invoice').insert({ id: 1, own: 2 });
        await tenant('country').insert({ id: 3, shared: 4 });
        expect((await tenant.raw('show search_path')).rows).toEqual([
          { search_path: `"${org}", "${shared}", pg_temp` },
        ]);
      },
      { ...options, sharedSchemas: [shared] },
    );
    expect(await db('invoice').withSchema(org)).toEqual([{ id: 1, own: 2 }]);
    expect(await db('country').withSchema(shared)).toEqual([{ id: 3, shared: 4 }]);
    expect(await db('invoice').withSchema(shared)).toEqual([]);
  });

  it('leaves the search_path and the timeouts of the session as they were', async () => {
    const one = connect({ pool: { max: 1 } });
    const ask = async (): Promise<unknown> =>
      (
        await one.raw(`select array(select setting from pg_settings where name in
        ('search_path', 'lock_timeout', 'statement_timeout') order by name) as settings`)
      ).rows;
    const before = await ask();
    await withTenant(org, one, (tenant) => createModel(org, model('m'), tenant), options);
    await rejection(withTenant(org, one, () => Promise.reject(new Error('hook')), options));
    expect(await ask()).toEqual(before);
  });

  it('is rolled back when the callback throws, which is what withTenant then rejects with', async () => {
    const thrown = { not: 'even an error' };
    const run = withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, model('m'), tenant);
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw thrown;
      },
      options,
    );
    expect(await rejection(run)).toBe(thrown);
    expect(await tablesOf(db, org)).toEqual([]);
  });

  it('gives back what the callback gives', async () => {
    await expect(withTenant(org, db, async () => 42, options)).resolves.toBe(42);
  });
});

describe('a name without a schema leads to the org’s table, and to no other', () => {
  it('where a temporary table of the session has the name', async () => {
    const one = connect({ pool: { min: 0, max: 1 } });
    await createModel(org, model('invoice'), one, options);
    await one.raw('create temp table invoice (id int)');
    await withTenant(org, one, async (tenant) => tenant('invoice').insert({ id: 1 }), options);
    expect(await db('invoice').withSchema(org)).toEqual([{ id: 1 }]);
  });

  it('where the catalog of the server has the name: no model can have it', async () => {
    for (const table of ['pg_namespace', 'pg_stat_activity']) {
      const created = createModel(org, model(table), db, options);
      expect(await migrationError(created)).toMatchObject({ code: 'INVALID_IDENTIFIER' });
    }
  });

  it('where the role may not use the schema of the org: then there is no tenant', async () => {
    const role = freshRole();
    const shared = await freshTenant();
    for (const schema of [org, shared]) await createModel(schema, model('invoice'), db, options);
    await db.raw(`create role ?? login password 'secret'`, [role]);
    await db.raw('grant usage on schema ?? to ??; grant all on ??.invoice to ??', [shared, role, shared, role]);
    const url = new URL(serverUrl());
    [url.username, url.password] = [role, 'secret'];
    const limited = connect({ connection: { connectionString: url.href } });
    const inserted = withTenant(org, limited, async (tenant) => tenant('invoice').insert({ id: 1 }), {
      ...once,
      sharedSchemas: [shared],
    });
    expect(await migrationError(inserted)).toMatchObject({ code: 'PERMISSION_DENIED', org });
    expect(await db('invoice').withSchema(shared)).toEqual([]);
  });

  it('after a withTenant inside it, which is refused: its search_path would outlive it', async () => {
    const other = await freshTenant();
    await createModel(org, model('invoice'), db, options);
    await withTenant(
      org,
      db,
      async (tenant) => {
        const inner = withTenant(other, tenant, async () => undefined, options);
        expect(await migrationError(inner)).toMatchObject({ code: 'INVALID_SPEC' });
        await tenant('invoice').insert({ id: 1 });
      },
      options,
    );
    expect(await db('invoice').withSchema(org)).toEqual([{ id: 1 }]);
  });
});

describe('the search_path of the caller', () => {
  it('leads what others attached to the database where it led before', async () => {
    await inOwnDatabase(async (_url, own) => {
      await createTenant(org, own, options);
      await own.raw(`create table public.ddl_log (tag text);
        create function public.log_ddl() returns event_trigger language plpgsql
          as 'begin insert into ddl_log values (tg_tag); end';
        create event trigger log_ddl on ddl_command_end execute function public.log_ddl()`);
      await createModel(org, model('invoice'), own, options);
      await own.transaction(async (trx) => createModel(org, model('line'), trx, options));
      expect(await own('public.ddl_log').where({ tag: 'CREATE TABLE' })).toHaveLength(2);
    });
  });
});

describe('the server of an org', () => {
  it.each([
    ['a Knex', (): Knex => db],
    ['a function that gives one', (): ((org: string) => Knex) => jest.fn(() => db)],
    ['a function that promises one', (): ((org: string) => Promise<Knex>) => jest.fn(async () => db)],
  ])('can be %s', async (_what, serverFor) => {
    const server = serverFor();
    const other = freshOrg();
    await createTenant(other, server, options);
    await withTenant(other, server, (tenant) => createModel(other, model('m'), tenant), options);
    expect(await tablesOf(db, other)).toEqual(['m']);
    if (jest.isMockFunction(server)) expect(server.mock.calls).toEqual([[other], [other]]);
  });

  it('is asked for again with each attempt, and its failure is passed on', async () => {
    const failed = Object.assign(new Error('no such server'), { code: 'ECONNREFUSED' });
    const resolver = jest.fn<Promise<Knex>, [string]>(async () => db).mockRejectedValueOnce(failed);
    const work = (tenant: TenantKnex): Promise<unknown> => createModel(org, model('m'), tenant);
    await withTenant(org, resolver, work, { ...options, retry: { delayMs: 1 } });
    expect(resolver).toHaveBeenCalledTimes(2);
    resolver.mockRejectedValueOnce(failed);
    expect(await rejection(withTenant(org, resolver, work, once))).toBe(failed);
  });
});

describe('a change on a bare Knex', () => {
  it('is a transaction of its own', async () => {
    await createModel(org, model('m'), db, options);
    await addFieldToModel(org, 'm', { name: 'a', type: 'Int' }, db, options);
    await dropFieldFromModel(org, 'm', 'id', db, options);
    expect(await columnsOf(db, org, 'm')).toEqual(['a']);
  });

  it('is tried again as a whole', async () => {
    await createModel(org, model('m'), db, options);
    const holder = await db.transaction();
    await holder.raw('lock table ??.m', [org]);
    const retry = { maxAttempts: 20, delayMs: 50, onRetry: () => void holder.rollback() };
    const { attempts } = await dropFieldFromModel(org, 'm', 'id', db, { ...options, lockTimeoutMs: 50, retry });
    expect(attempts).toBeGreaterThan(1);
    expect(await columnsOf(db, org, 'm')).toEqual([]);
  });
});

describe('the option model', () => {
  it('names a model that is only a list of fields', async () => {
    await withTenant(
      org,
      db,
      async (tenant) => {
        expect(tenant.model).toBe('invoice');
        await createModel(org, [id, { name: 'a', type: 'Text' }], tenant);
        await tenant.transaction(async (nested) => {
          await expect(createModel(org, [id], nested)).rejects.toMatchObject({
            code: 'MODEL_EXISTS',
            table: 'invoice',
          });
        });
        await createModel(org, model('named'), tenant);
      },
      { ...options, model: 'invoice' },
    );
    expect(await columnsOf(db, org, 'invoice')).toEqual(['id', 'a']);
    expect(await columnsOf(db, org, 'named')).toEqual(['id']);
  });

  it('is missed where there is none', async () => {
    await withTenant(
      org,
      db,
      async (tenant) => {
        expect(tenant).not.toHaveProperty('model');
        await expect(createModel(org, [id], tenant)).rejects.toMatchObject({
          code: 'INVALID_SPEC',
          message: expect.stringContaining('withTenant the option model'),
        });
      },
      options,
    );
  });
});

describe('another org than the tenant’s', () => {
  it('is a TENANT_MISMATCH, also in a nested transaction, and nothing is sent', async () => {
    const other = await freshTenant();
    const { db: counted, sent } = countedConnect();
    await withTenant(
      org,
      counted,
      async (tenant) => {
        await tenant.transaction(async (nested) => {
          const before = sent.length;
          for (const handle of [tenant, nested]) {
            for (const refused of [
              createModel(other, model('m'), handle),
              addFieldToModel(other, 'm', id, handle),
              dropFieldFromModel(other, 'm', 'id', handle),
            ]) {
              const error = await migrationError(refused);
              expect(error).toMatchObject({ code: 'TENANT_MISMATCH', org: other, retryScope: 'none' });
              expect(error.message).toContain(`withTenant('${other}', db, …)`);
            }
          }
          expect(sent).toHaveLength(before);
        });
        await createModel(org, model('m'), tenant);
      },
      options,
    );
    expect(await tablesOf(db, org)).toEqual(['m']);
    expect(await tablesOf(db, other)).toEqual([]);
  });
});

describe('the options of withTenant', () => {
  it('are those of each change on its handle, and of one nested in it', async () => {
    const shared = await freshTenant();
    await createModel(shared, model('country'), db, options);
    const { logger, records } = recordedLog();
    const references = { schema: shared, table: 'country', column: 'id', onDelete: 'CASCADE' as const };
    const field: FieldSpec = { name: 'country', type: 'Int', references };
    await withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, { table: 'm', fields: [{ name: 'id', type: 'Int' }, field] }, tenant);
        await tenant.transaction((nested) => addFieldToModel(org, 'm', { ...field, name: 'again' }, nested));
        // What is said for one change is for that change.
        const own = addFieldToModel(org, 'm', { ...field, name: 'no' }, tenant, { sharedSchemas: ['public'] });
        await expect(own).rejects.toMatchObject({ code: 'CROSS_TENANT_REFERENCE' });
      },
      { logger, sharedSchemas: [shared] },
    );
    // Each locks a table of another schema.
    expect(records().map(({ message }) => message)).toEqual(['CREATE TABLE', 'HAZARD', 'ADD COLUMN', 'HAZARD']);
    expect((await readTable(db, org, 'm'))?.foreignKeys).toHaveLength(2);
  });

  it('bound what the callback itself does', async () => {
    const settings = { ...once, lockTimeoutMs: 1234, statementTimeoutMs: 5678 };
    const timeouts = `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`;
    await withTenant(
      org,
      db,
      async (tenant) => {
        const expected = [{ lock: '1234ms', statement: '5678ms' }];
        expect((await tenant.raw(timeouts)).rows).toEqual(expected);
        await createModel(org, model('m'), tenant, { lockTimeoutMs: 1 });
        expect((await tenant.raw(timeouts)).rows).toEqual(expected);
      },
      settings,
    );
  });

  it('let a change wait for a lock no longer than the handle says', async () => {
    await createModel(org, model('m'), db, options);
    await db.transaction(async (holder) => {
      await holder.raw('lock table ??.m', [org]);
      await withTenant(
        org,
        db,
        async (tenant) => {
          await expect(addFieldToModel(org, 'm', { name: 'a', type: 'Int' }, tenant)).rejects.toMatchObject({
            code: 'LOCK_TIMEOUT',
          });
        },
        { ...once, lockTimeoutMs: 20, statementTimeoutMs: 60_000 },
      );
    });
  });
});

describe('withTenant runs the whole callback again', () => {
  const retry = { maxAttempts: 10, delayMs: 5 };

  /** The ids of the transactions that the callback was given: no two are the same. */
  async function attemptsOf(
    work: (tenant: TenantKnex, attempt: number) => Promise<unknown>,
    more: TenantOptions = {},
    server = db,
  ): Promise<string[]> {
    const ids: string[] = [];
    await withTenant(
      org,
      server,
      async (tenant) => {
        const { rows } = await tenant.raw('select pg_current_xact_id()::text as id');
        ids.push(rows[0].id);
        await createModel(org, model(`attempt_${ids.length}`), tenant);
        await work(tenant, ids.length);
      },
      { ...options, retry, ...more },
    );
    expect(new Set(ids).size).toBe(ids.length);
    // What the attempts before the last did is undone.
    expect(await tablesOf(db, org)).toEqual(expect.arrayContaining([`attempt_${ids.length}`]));
    expect((await tablesOf(db, org)).filter((table) => table.startsWith('attempt_'))).toHaveLength(1);
    return ids;
  }

  beforeEach(async () => {
    await createModel(org, { table: 'row', fields: [id, { name: 'n', type: 'Int' }] }, db, options);
    await db('row')
      .withSchema(org)
      .insert([
        { id: 1, n: 0 },
        { id: 2, n: 0 },
      ]);
  });

  it('after a serialization failure, 40001', async () => {
    const ids = await attemptsOf(async (tenant, attempt) => {
      await tenant('row').where({ id: 1 }).increment('n', 10);
      if (attempt === 1) await tenant.raw(`do $$ begin raise sqlstate '40001'; end $$`);
    });
    expect(ids).toHaveLength(2);
    expect(await db('row').withSchema(org).where({ id: 1 }).pluck('n')).toEqual([10]);
  });

  it('after a deadlock, 40P01', async () => {
    let deadlocked = 0;
    const update = async (tenant: Knex, row: number): Promise<void> => {
      await tenant('row').where({ id: row }).increment('n', 1);
    };
    const both = barrier(2);
    const party = async (first: number, second: number): Promise<void> => {
      await withTenant(
        org,
        db,
        async (tenant) => {
          await update(tenant, first);
          await both();
          await update(tenant, second);
        },
        {
          ...options,
          lockTimeoutMs: 20_000,
          retry: {
            ...retry,
            onRetry: ({ error }) => {
              expect(error).toMatchObject({ code: '40P01' });
              deadlocked += 1;
            },
          },
        },
      );
    };
    await Promise.all([party(1, 2), party(2, 1)]);
    expect(deadlocked).toBeGreaterThan(0);
    expect(await db('row').withSchema(org).pluck('n')).toEqual([2, 2]);
  });

  it('after a lock timeout, 55P03, of a change and of a statement of its own', async () => {
    for (const work of [
      (tenant: TenantKnex): Promise<unknown> => addFieldToModel(org, 'row', { name: 'a', type: 'Int' }, tenant),
      (tenant: TenantKnex): Promise<unknown> => tenant('row').update({ n: 7 }),
    ]) {
      const holder = await db.transaction();
      await holder.raw('lock table ??.row', [org]);
      const onRetry = (): void => void holder.rollback();
      const ids = await attemptsOf(work, { lockTimeoutMs: 50, retry: { ...retry, delayMs: 50, onRetry } });
      expect(ids.length).toBeGreaterThan(1);
      await db.raw('drop table ??.??', [org, `attempt_${ids.length}`]);
    }
    expect(await db('row').withSchema(org).pluck('n')).toEqual([7, 7]);
  });

  it('not after an error of another server, whose code is the same', async () => {
    let calls = 0;
    const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    const failed = withTenant(
      org,
      db,
      async () => {
        calls += 1;
        throw lost;
      },
      { ...options, retry },
    );
    expect(await rejection(failed)).toBe(lost);
    expect(calls).toBe(1);
  });

  it('not more often than maxAttempts, and rejects with the last error', async () => {
    await db.transaction(async (holder) => {
      await holder.raw('lock table ??.row', [org]);
      const errors: unknown[] = [];
      let attempts = 0;
      const run = withTenant(
        org,
        db,
        async (tenant) => {
          attempts += 1;
          const changed = dropFieldFromModel(org, 'row', 'n', tenant);
          changed.catch((error: unknown) => errors.push(error));
          await changed;
        },
        { ...options, lockTimeoutMs: 10, retry: { maxAttempts: 3, delayMs: 1 } },
      );
      const last = await migrationError(run);
      expect(last).toMatchObject({ code: 'LOCK_TIMEOUT' });
      expect(errors).toHaveLength(3);
      expect(last).toBe(errors[2]);
      expect(attempts).toBe(3);
    });
  });

  it.each([
    ['an error of the callback’s own', async (): Promise<unknown> => Promise.reject(new Error('hook'))],
    ['a change that can not succeed', async (tenant: TenantKnex) => createModel(org, model('row'), tenant)],
    ['a statement that can not succeed', async (tenant: TenantKnex) => tenant('row').insert({ id: 1, n: 1 })],
  ])('but not after %s', async (_what, work) => {
    let attempts = 0;
    const run = withTenant(
      org,
      db,
      async (tenant) => {
        attempts += 1;
        await work(tenant);
      },
      { ...options, retry },
    );
    await rejection(run);
    expect(attempts).toBe(1);
  });
});

/** Resolves for the first `count` callers when all of them have come; for those who come again, at once. */
function barrier(count: number): () => Promise<void> {
  let come = 0;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    come += 1;
    if (come >= count) open();
    return opened;
  };
}

describe('withTenant never resolves when PostgreSQL rolled back', () => {
  beforeEach(async () => {
    await db.raw(
      `create table ??.parent (id int primary key);
       create table ??.child (parent int references ??.parent deferrable initially deferred)`,
      [org, org, org],
    );
  });

  it.each<[string, (tenant: TenantKnex) => Promise<unknown>, object]>([
    [
      'a statement whose error was swallowed',
      (tenant) => tenant.raw('select 1 / 0').catch(() => undefined),
      { code: 'DATABASE_ERROR', cause: { code: '22012' } },
    ],
    [
      'one that was followed by others, whose errors were swallowed too',
      async (tenant) => {
        await tenant('missing').catch(() => undefined);
        await createModel(org, model('m'), tenant).catch(() => undefined);
        await tenant.raw('select 1').catch(() => undefined);
      },
      { code: 'MODEL_NOT_FOUND', cause: { code: '42P01' } },
    ],
    [
      'a constraint that COMMIT checks',
      (tenant) => tenant('child').insert({ parent: 1 }),
      { code: 'FOREIGN_KEY_VIOLATION' },
    ],
    ['a rollback by the callback', (tenant) => tenant.rollback(), {}],
    ['a rollback in SQL', (tenant) => tenant.raw('rollback'), {}],
    [
      'a savepoint that is gone',
      async (tenant) => {
        await tenant.raw('savepoint a');
        await tenant.raw('rollback to savepoint b').catch(() => undefined);
      },
      { cause: { code: '3B001' } },
    ],
  ])('after %s', async (_what, work, expected) => {
    const error = await rejection(
      withTenant(
        org,
        db,
        async (tenant) => {
          await tenant('parent').insert({ id: 7 });
          await work(tenant);
        },
        once,
      ),
    );
    expect(error).toMatchObject(expected);
    expect(await db('parent').withSchema(org)).toEqual([]);
  });

  it('and resolves where a nested transaction caught what failed', async () => {
    await withTenant(
      org,
      db,
      async (tenant) => {
        await tenant('parent').insert({ id: 7 });
        await tenant.transaction((nested) => nested.raw('select 1 / 0')).catch(() => undefined);
      },
      once,
    );
    expect(await db('parent').withSchema(org).pluck('id')).toEqual([7]);
  });
});

describe('createTenant', () => {
  it('creates the schema, empty', async () => {
    const other = freshOrg('Ünïque');
    const result = await createTenant(other, db, options);
    expect(result).toEqual({
      ...{ org: other, changes: [], attempts: 1, durationMs: expect.any(Number) },
      statements: [`create schema "${other}"`],
    });
    expect((await db.raw('select from pg_namespace where nspname = ?', [other])).rows).toHaveLength(1);
  });

  it('is part of the transaction that it is in', async () => {
    const other = freshOrg();
    const hook = new Error('hook');
    const run = db.transaction(async (trx) => {
      await createTenant(other, trx, options);
      await createModel(other, model('m'), trx, options);
      throw hook;
    });
    await expect(run).rejects.toBe(hook);
    expect((await db.raw('select from pg_namespace where nspname = ?', [other])).rows).toEqual([]);
  });

  it('makes one tenant of two calls at once, and tells the other that it exists', async () => {
    const other = freshOrg();
    const quick = { ...options, retry: { delayMs: 1 } };
    const calls = [1, 2, 3].map(() => createTenant(other, connect(), quick));
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(2);
    for (const error of refused) expect(error).toMatchObject({ code: 'TENANT_EXISTS', org: other });
  });
});

// What a callback does to the transaction that it was given: it is found out, told truly, and never logged as done.
import type { Knex } from 'knex';
import { addFieldToModel, createModel, createTenant, withTenant } from '../../../lib';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import type { TenantKnex } from '../../../lib';
import { columnsOf } from '../../support/through-proxy';
import { recordedLog } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { migrationError, rejection } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org } = tenantTest({ logger: recordedLog().logger });
const int = (name: string): { name: string; type: 'Int' } => ({ name, type: 'Int' });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(async () => {
  await db.raw('create table ??.invoice (id int primary key)', [org]);
});

/** Adds a field, does something to the transaction, and gives what was told. */
async function after(work: (tenant: TenantKnex) => Promise<unknown>): Promise<{ error: unknown; done: unknown[] }> {
  const { logger, records } = recordedLog();
  const run = withTenant(
    org,
    db,
    async (tenant) => {
      await addFieldToModel(org, 'invoice', int('a'), tenant);
      await work(tenant);
    },
    { logger, retry: { maxAttempts: 1 } },
  );
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  await sleep(20);
  return {
    error,
    done: records()
      .filter(({ level }) => level === 'info')
      .map(({ fields }) => fields),
  };
}

it.each<[string, (tenant: TenantKnex) => Promise<unknown>]>([
  ['rollback; begin', (tenant) => tenant.raw('rollback; begin')],
  ['rollback, and later begin', async (tenant) => void (await tenant.raw('rollback'), await tenant.raw('begin'))],
  ['rollback and chain', (tenant) => tenant.raw('rollback and chain')],
  [
    'rollback and chain, and another field',
    async (tenant) => {
      await tenant.raw('rollback and chain');
      await tenant.raw('alter table ??.invoice add column b int', [org]);
    },
  ],
  ['rollback', (tenant) => tenant.raw('rollback')],
  ['tenant.rollback()', (tenant) => tenant.rollback()],
])('after %s nothing is changed, and that is what is told', async (_what, work) => {
  const { error, done } = await after(work);
  expect(error).toMatchObject({
    code: 'DATABASE_ERROR',
    org,
    message: expect.stringMatching(/itself.*nothing was changed/s),
  });
  expect(done).toEqual([]);
  expect(await columnsOf(db, org)).toEqual(['id']);
});

it.each<[string, (tenant: TenantKnex) => Promise<unknown>]>([
  ['commit', (tenant) => tenant.raw('commit')],
  ['end', (tenant) => tenant.raw('end')],
  ['commit; begin', (tenant) => tenant.raw('commit; begin')],
  ['commit and chain', (tenant) => tenant.raw('commit and chain')],
  ['tenant.commit()', (tenant) => tenant.commit()],
  [
    'commit, and an error of its own',
    async (tenant) => {
      await tenant.raw('commit; begin');
      throw new Error('hook');
    },
  ],
])('after %s the field is there, and nothing else is told', async (_what, work) => {
  const { error } = await after(work);
  expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', org, transactionId: expect.any(String), retryScope: 'none' });
  expect((error as Error).message).toContain('What it had done by then is committed.');
  expect((error as Error).message).not.toMatch(/nothing was changed/i);
  expect(await columnsOf(db, org)).toEqual(['id', 'a']);
});

it('does not say that nothing was changed where something was committed outside of any transaction', async () => {
  const { error } = await after(async (tenant) => {
    await tenant.raw('rollback');
    await tenant.raw('alter table ??.invoice add column b int', [org]);
  });
  expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  expect(await columnsOf(db, org)).toEqual(['id', 'b']);
});

it('logs no change that a savepoint took back, by knex or in SQL, and those that stayed', async () => {
  const { error, done } = await after(async (tenant) => {
    await tenant.raw('savepoint mine');
    await addFieldToModel(org, 'invoice', int('b'), tenant);
    await tenant.raw('rollback to savepoint mine; release savepoint mine');
    await tenant.transaction(async (outer) => {
      await outer
        .transaction(async (inner) => {
          await addFieldToModel(org, 'invoice', int('c'), inner);
          throw new Error('hook');
        })
        .catch(() => undefined);
      await addFieldToModel(org, 'invoice', int('d'), outer);
    });
  });
  expect(error).toBeUndefined();
  expect(done).toEqual([['a'], ['d']]);
  expect(await columnsOf(db, org)).toEqual(['id', 'a', 'd']);
});

it.each<[string, (tenant: TenantKnex, later: (work: Promise<unknown>) => void) => Promise<unknown>]>([
  [
    'a nested transaction',
    async (tenant, later) => {
      later(
        tenant.transaction(
          async (inner) => void (await sleep(30), await addFieldToModel(org, 'invoice', int('b'), inner)),
        ),
      );
      await sleep(10);
    },
  ],
  [
    'one nested in a nested one',
    (tenant, later) =>
      tenant.transaction(async (outer) => {
        later(
          outer.transaction(
            async (inner) => void (await sleep(30), await addFieldToModel(org, 'invoice', int('b'), inner)),
          ),
        );
        await sleep(10);
      }),
  ],
])('refuses %s that is not awaited', async (_what, work) => {
  const strays: Promise<unknown>[] = [];
  const { error, done } = await after((tenant) => work(tenant, (stray) => strays.push(stray.catch(() => undefined))));
  await Promise.all(strays);
  expect(error).toMatchObject({ code: 'DATABASE_ERROR', message: expect.stringMatching(/await/i) });
  expect(done).toEqual([]);
  expect(await columnsOf(db, org)).toEqual(['id']);
});

describe('a stream', () => {
  const rows = (tenant: TenantKnex): NodeJS.ReadableStream & AsyncIterable<unknown> =>
    tenant.select(tenant.raw('generate_series(1, 100000)')).stream();

  it('that the callback destroyed half-way is over', async () => {
    const { error } = await after(async (tenant) => {
      for await (const row of rows(tenant)) if (row) break;
    });
    expect(error).toBeUndefined();
    expect(await columnsOf(db, org)).toEqual(['id', 'a']);
  });

  it('that is left half read is refused, and its connection goes back to the pool in order', async () => {
    const { error } = await after(async (tenant) => {
      await rows(tenant)[Symbol.asyncIterator]().next();
    });
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', message: expect.stringContaining('stream') });
    expect(await columnsOf(db, org)).toEqual(['id']);
  });
});

it('asks nothing more of the server where none of this happened', async () => {
  const sent: string[] = [];
  const counted = connect();
  counted.on('query', ({ sql }: { sql: string }) => sent.push(sql));
  await withTenant(
    org,
    counted,
    async (tenant) => {
      await tenant.transaction((nested) => addFieldToModel(org, 'invoice', int('a'), nested));
      await rejection(addFieldToModel(org, 'invoice', int('id'), tenant));
    },
    { logger: recordedLog().logger },
  );
  expect(sent.filter((sql) => sql.includes('tenant_ddl_current'))).toEqual([]);
});

describe('a tenant or a Knex in the wrong place', () => {
  const quick = { logger: recordedLog().logger };

  it('is told at once where the Knex is used instead of the tenant, and the callback runs once', async () => {
    let runs = 0;
    const error = await migrationError(
      withTenant(
        org,
        db,
        async (tenant) => {
          runs += 1;
          await addFieldToModel(org, 'invoice', int('a'), tenant);
          await addFieldToModel(org, 'invoice', int('b'), db);
        },
        quick,
      ),
    );
    expect(error).toMatchObject({ code: 'NESTED_CALL', org });
    expect(runs).toBe(1);
    const nested = withTenant(org, db, async () => withTenant(org, db, async () => undefined, quick), quick);
    expect(await migrationError(nested)).toMatchObject({ code: 'NESTED_CALL' });
  });

  it('is no fault for another org or another Knex, nor after the callback', async () => {
    const other = freshOrg();
    let afterwards: Promise<unknown> | undefined;
    await withTenant(
      org,
      db,
      async () => {
        await createTenant(other, db, quick);
        await addFieldToModel(org, 'invoice', int('b'), connect(), quick);
        afterwards = sleep(100).then(() => addFieldToModel(org, 'invoice', int('a'), db, quick));
      },
      quick,
    );
    await afterwards;
    expect(await columnsOf(db, org)).toEqual(['id', 'b', 'a']);
  });

  it('is said in clear words where a tenant is used after its callback', async () => {
    const kept = await withTenant(org, db, async (tenant) => ({ tenant }), quick);
    const error = await migrationError(addFieldToModel(org, 'invoice', int('a'), kept.tenant, quick));
    expect(error).toMatchObject({ code: 'INVALID_SPEC', message: expect.stringContaining('has ended') });
  });
});

describe('a change beside a transaction of the caller that has changed the same org', () => {
  const options = { logger: recordedLog().logger };
  const add = (name: string, on: Knex): Promise<unknown> => addFieldToModel(org, 'invoice', int(name), on, options);

  it('is refused at once, on the Knex and on another transaction, and the transaction can go on', async () => {
    await db.transaction(async (trx) => {
      await add('a', trx);
      expect(await migrationError(add('b', db))).toMatchObject({ code: 'NESTED_CALL', org });
      expect(await migrationError(db.transaction((other) => add('b', other)))).toMatchObject({ code: 'NESTED_CALL' });
      await trx.transaction((nested) => add('c', nested));
      const inTenant = withTenant(org, db, (tenant) => add('b', tenant), options);
      expect(await migrationError(inTenant)).toMatchObject({ code: 'NESTED_CALL' });
      // What only reads waits for nothing.
      await withTenant(org, db, async (tenant) => tenant.raw('select 1'), options);
    });
    expect(await columnsOf(db, org)).toEqual(['id', 'a', 'c']);
  });

  it('is no fault where the transaction has changed nothing, for another org, or after its end', async () => {
    const other = freshOrg();
    await createTenant(other, db, options);
    await db.transaction(async (trx) => {
      await migrationError(addFieldToModel(org, 'nowhere', int('a'), trx, options));
      await add('a', db);
      await add('b', trx);
      await createModel(other, { table: 'invoice', fields: [int('id')] }, db, options);
    });
    const trx = await db.transaction();
    await add('c', trx);
    await trx.commit();
    await add('d', db);
    expect(await columnsOf(db, org)).toEqual(['id', 'a', 'b', 'c', 'd']);
  });
});

describe('PREPARE TRANSACTION', () => {
  it.each([
    ['', 'in doubt'],
    ['begin', 'in doubt'],
    [`commit prepared 'aside'`, 'committed'],
    [`rollback prepared 'aside'`, 'rolled back'],
  ])(
    'by the callback, and then %j, is reported at once',
    async (next, outcome) => {
      const server = await startPostgres({
        major: Number(process.env.POSTGRES_MAJOR ?? 18),
        settings: { ...NOT_DURABLE, max_prepared_transactions: '2' },
      });
      const own = connect({ connection: { connectionString: server.url } });
      try {
        await createTenant(org, own, { logger: recordedLog().logger });
        await own.raw('create table ??.invoice (id int primary key)', [org]);
        const { logger, records } = recordedLog();
        const changed = withTenant(
          org,
          own,
          async (tenant) => {
            await addFieldToModel(org, 'invoice', int('a'), tenant);
            await tenant.raw(`prepare transaction 'aside'`);
            if (next !== '') await tenant.raw(next);
          },
          { logger },
        );
        const error = await migrationError(changed);
        expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', org, retryScope: 'none' });
        expect(error.message.includes(`by PREPARE TRANSACTION 'aside'`)).toBe(outcome === 'in doubt');
        if (outcome !== 'in doubt') expect(error.message).toContain(outcome);
        expect(records().filter(({ level }) => level === 'info')).toEqual([]);
      } finally {
        await own.destroy();
        await server.stop();
      }
    },
    60_000,
  );
});

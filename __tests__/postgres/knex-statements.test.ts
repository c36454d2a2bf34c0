// What knex does with several statements and with transactions, and what is done here instead.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  dropFieldFromModel,
  withTenant,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { columnsOf, readTable, tablesOf } from '../support/catalog';
import { connect } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 } });
const id: FieldSpec = { name: 'id', type: 'Int' };

beforeEach(async () => {
  await createModel(org, { table: 'customer', fields: [id] }, db, options);
});

const referring = (table: string, column = 'id'): FieldSpec => ({
  name: `${table}_id`,
  type: 'Int',
  references: { schema: org, table, column, onDelete: 'CASCADE' },
});

describe('one createTable is several statements', () => {
  const model = (): ModelSpec => ({
    table: 'invoice',
    comment: 'not kept',
    fields: [id, { name: 'no', type: 'Int', unique: true }, referring('nowhere')],
    indexes: [{ columns: ['no'], name: 'by_no' }],
  });

  it('leaves no table, index or comment when the last one fails', async () => {
    await expect(createModel(org, model(), db, options)).rejects.toMatchObject({ code: 'REFERENCE_NOT_FOUND' });
    expect(await tablesOf(db, org)).toEqual(['customer']);
  });

  it("leaves none in a caller's transaction either, and lets it commit the rest", async () => {
    await db.transaction(async (trx) => {
      await createModel(org, { table: 'before', fields: [id] }, trx, options);
      await expect(createModel(org, model(), trx, options)).rejects.toMatchObject({ code: 'REFERENCE_NOT_FOUND' });
      await createModel(org, { table: 'invoice', fields: [id] }, trx, options);
    });
    expect(await tablesOf(db, org)).toEqual(['before', 'customer', 'invoice']);
  });
});

describe('alterTable outside a transaction keeps the column when its foreign key fails', () => {
  it.each(['nowhere', 'customer'])('leaves no column that refers to what is not in %s', async (table) => {
    const field = referring(table, 'missing');
    await expect(addFieldToModel(org, 'customer', field, db, options)).rejects.toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
    });
    expect(await columnsOf(db, org, 'customer')).toEqual(['id']);
  });
});

describe('a nullable column with a reference scans the table as knex renders it', () => {
  /** Rows that this transaction has read of a table one after the other. */
  async function rowsRead(trx: Knex): Promise<number> {
    const { rows } = await trx.raw(
      `select seq_tup_read::int as count from pg_stat_xact_user_tables where schemaname = ? and relname = 'invoice'`,
      [org],
    );
    return rows[0].count;
  }

  async function withRows(measure: (trx: Knex) => Promise<void>): Promise<number> {
    await createModel(org, { table: 'invoice', fields: [id] }, db, options);
    await db.raw('insert into ??.invoice select generate_series(1, 500)', [org]);
    return db.transaction(async (trx) => {
      const before = await rowsRead(trx);
      await measure(trx);
      return (await rowsRead(trx)) - before;
    });
  }

  it('and reads no row as it is added here', async () => {
    const read = await withRows(async (trx) => {
      await addFieldToModel(org, 'invoice', referring('customer'), trx, options);
    });
    expect(read).toBe(0);
    expect((await readTable(db, org, 'invoice'))?.foreignKeys).toMatchObject([{ validated: true }]);
  });

  it('as this measure can show', async () => {
    const read = await withRows(async (trx) => {
      await trx.schema.withSchema(org).alterTable('invoice', (table) => {
        table.integer('customer_id').references('id').inTable(`${org}.customer`);
      });
    });
    expect(read).toBe(500);
  });
});

describe('COMMIT resolves after a statement error that the caller swallows', () => {
  it('is not needed for an error of a change: the transaction commits all the rest', async () => {
    await db.transaction(async (trx) => {
      await trx('customer').withSchema(org).insert({ id: 1 });
      await createModel(org, { table: 'customer', fields: [id] }, trx, options).catch(() => undefined);
      await trx('customer').withSchema(org).insert({ id: 2 });
    });
    expect(await db('customer').withSchema(org).pluck('id').orderBy('id')).toEqual([1, 2]);
  });

  it('is a rejection of withTenant that has the first error as its cause', async () => {
    const error = await migrationError(
      withTenant(
        org,
        db,
        async (tenant) => {
          await tenant('customer').insert({ id: 1 });
          await tenant.raw('select 1 / 0').catch(() => undefined);
          await tenant.raw('select 1').catch(() => undefined);
        },
        options,
      ),
    );
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', org, retryScope: 'none', cause: { code: '22012' } });
    expect(error.message).toContain('Nothing was changed.');
    expect(await db('customer').withSchema(org)).toEqual([]);
  });

  it('is a refusal of the change that comes after it, and the error tells what to look for', async () => {
    await db.transaction(async (trx) => {
      await trx.raw('select 1 / 0').catch(() => undefined);
      const error = await migrationError(createModel(org, { table: 'm', fields: [id] }, trx, options));
      expect(error).toMatchObject({ code: 'DATABASE_ERROR', sqlState: '25P02', retryScope: 'transaction' });
      expect(error.message).toContain('Look for the first error');
      await trx.rollback();
    });
  });
});

describe('a connection lost inside a transaction rejects with no code: the first error is masked', () => {
  // knex tells the console of a lost connection.
  const silent = (): Knex => connect({ log: { warn: () => undefined } });

  async function kill(tenant: Knex): Promise<void> {
    const { rows } = await tenant.raw('select pg_backend_pid() as pid');
    await db.raw('select pg_terminate_backend(?, 5000)', [rows[0].pid]);
  }

  it('is CONNECTION_LOST for the change that finds it so', async () => {
    const error = await migrationError(
      withTenant(
        org,
        silent(),
        async (tenant) => {
          await kill(tenant);
          await createModel(org, { table: 'm', fields: [id] }, tenant, options);
        },
        options,
      ),
    );
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', org, retryScope: 'connection' });
    expect(String(error.cause)).not.toContain('ROLLBACK');
  });

  it('is cured by running the whole callback again', async () => {
    let attempts = 0;
    await withTenant(
      org,
      silent(),
      async (tenant) => {
        attempts += 1;
        await createModel(org, { table: 'm', fields: [id] }, tenant, options);
        if (attempts === 1) await kill(tenant);
        await addFieldToModel(org, 'm', { name: 'a', type: 'Int' }, tenant, options);
      },
      { ...options, retry: { delayMs: 1 } },
    );
    expect(attempts).toBe(2);
    expect(await columnsOf(db, org, 'm')).toEqual(['id', 'a']);
  });
});

describe('nested transactions are savepoints', () => {
  it('undoes the change of a nested transaction that is rolled back, and keeps the others', async () => {
    await db.transaction(async (trx) => {
      await createModel(org, { table: 'kept', fields: [id] }, trx, options);
      await expect(
        trx.transaction(async (nested) => {
          await createModel(org, { table: 'undone', fields: [id] }, nested, options);
          await addFieldToModel(org, 'kept', { name: 'undone', type: 'Int' }, nested, options);
          throw new Error('hook');
        }),
      ).rejects.toThrow('hook');
      await dropFieldFromModel(org, 'kept', 'undone', trx, options).catch(() => undefined);
    });
    expect(await tablesOf(db, org)).toEqual(['customer', 'kept']);
    expect(await columnsOf(db, org, 'kept')).toEqual(['id']);
  });

  it('does not confuse its savepoint with one of the same name', async () => {
    await db.transaction(async (trx) => {
      await trx.raw('savepoint tenant_ddl');
      await createModel(org, { table: 'undone', fields: [id] }, trx, options);
      await createModel(org, { table: 'customer', fields: [id] }, trx, options).catch(() => undefined);
      await trx.raw('rollback to savepoint tenant_ddl');
      await createModel(org, { table: 'kept', fields: [id] }, trx, options);
    });
    expect(await tablesOf(db, org)).toEqual(['customer', 'kept']);
  });

  it('makes changes that are not awaited one by one, one after the other', async () => {
    const outcomes = await db.transaction((trx) =>
      Promise.allSettled([
        createModel(org, { table: 'a', fields: [id] }, trx, options),
        createModel(org, { table: 'customer', fields: [id] }, trx, options),
        createModel(org, { table: 'b', fields: [id] }, trx, options),
        addFieldToModel(org, 'a', { name: 'added', type: 'Int' }, trx, options),
      ]),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(await tablesOf(db, org)).toEqual(['a', 'b', 'customer']);
    expect(await columnsOf(db, org, 'a')).toEqual(['id', 'added']);
  });
});

describe('a rollback() without an error resolves with undefined', () => {
  it('is a rejection of withTenant', async () => {
    const run = withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, { table: 'm', fields: [id] }, tenant, options);
        await tenant.rollback();
      },
      options,
    );
    await expect(run).rejects.toThrow();
    expect(await tablesOf(db, org)).toEqual(['customer']);
  });
});

describe('SET leaks into the pool, SET LOCAL outlives RELEASE', () => {
  const TIMEOUTS = `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`;
  const failing = (tenant: Knex): Promise<unknown> =>
    createModel(org, { table: 'customer', fields: [id] }, tenant, options).catch(() => undefined);

  it("leaves the caller's timeouts as they were, after a change and after a failure", async () => {
    await db.transaction(async (trx) => {
      await trx.raw(`set local lock_timeout = '7s'; set local statement_timeout = '9s'`);
      await createModel(org, { table: 'm', fields: [id] }, trx, { ...options, lockTimeoutMs: 5 });
      expect((await trx.raw(TIMEOUTS)).rows).toEqual([{ lock: '7s', statement: '9s' }]);
      await failing(trx);
      expect((await trx.raw(TIMEOUTS)).rows).toEqual([{ lock: '7s', statement: '9s' }]);
    });
  });

  it("leaves those of a session as they were, where the caller's transaction set none", async () => {
    const one = connect({ pool: { max: 1 } });
    await one.raw(`set lock_timeout = '7s'; set statement_timeout = 0`);
    await one.transaction(async (trx) => {
      await createModel(org, { table: 'm', fields: [id] }, trx, options);
      await failing(trx);
      expect((await trx.raw(TIMEOUTS)).rows).toEqual([{ lock: '7s', statement: '0' }]);
    });
    await createModel(org, { table: 'n', fields: [id] }, one, options);
    await failing(one);
    await withTenant(org, one, failing, options);
    expect((await one.raw(TIMEOUTS)).rows).toEqual([{ lock: '7s', statement: '0' }]);
    const { rows } = await one.raw(
      `select current_setting('search_path') as path, now() = statement_timestamp() as idle`,
    );
    expect(rows).toEqual([{ path: expect.not.stringContaining(org), idle: true }]);
  });

  it('is in force while the change runs', async () => {
    const holder = await db.transaction();
    try {
      await holder.raw('lock table ??.customer', [org]);
      const waits = addFieldToModel(org, 'customer', { name: 'a', type: 'Int' }, db, { ...options, lockTimeoutMs: 20 });
      await expect(waits).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    } finally {
      await holder.rollback();
    }
  });
});

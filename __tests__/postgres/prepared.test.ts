// What a connection keeps prepared, and what becomes of a change where the session has forgotten it.
import type { Knex } from 'knex';
import { addFieldToModel, createModel, dropFieldFromModel, withTenant, type Logger } from '../../lib';
import { columnsOf } from '../support/catalog';
import { recordedLog, type RecordedLog } from '../support/log';
import { connect } from '../support/postgres';
import { warm } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db: admin, org } = tenantTest();

let log: RecordedLog;
let options: { readonly logger: Logger };

beforeEach(async () => {
  log = recordedLog();
  options = { logger: log.logger };
  const names = ['id', 'a', 'b', 'c', 'd', 'e', 'shared'];
  const fields = names.map((name) => ({ name, type: 'Int' as const }));
  await createModel(org, { table: 'invoice', fields, indexes: [{ columns: ['id', 'shared'] }] }, admin, options);
});

/** One connection, and what it is sent. */
async function oneConnection(): Promise<{ db: Knex; sent: string[]; connection: { processID: number } }> {
  const { db, sent } = await warm();
  const connection = (await db.client.acquireConnection()) as { processID: number };
  await db.client.releaseConnection(connection);
  return { db, sent, connection };
}

async function drop(column: string, tenant: Knex): Promise<void> {
  await dropFieldFromModel(org, 'invoice', column, tenant, options);
}

async function names(db: Knex): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { name: string }[] }>('select name from pg_prepared_statements order by name');
  return rows.map(({ name }) => name);
}

/** How many texts have the words `prepare` and `execute` at the beginning of a statement. */
function counts(sent: readonly string[]): { prepare: number; execute: number } {
  const count = (word: string): number => sent.join('\n').match(new RegExp(`^${word} `, 'gm'))?.length ?? 0;
  return { prepare: count('prepare'), execute: count('execute') };
}

it('prepares what each change asks on the second change of a connection, and only calls it afterwards', async () => {
  const { db, sent } = await oneConnection();
  await drop('a', db);
  expect(counts(sent)).toEqual({ prepare: 0, execute: 0 });
  await drop('b', db);
  expect(counts(sent)).toEqual({ prepare: 2, execute: 2 });
  await drop('c', db);
  expect(counts(sent)).toEqual({ prepare: 2, execute: 4 });
  expect(sent).toHaveLength(6);
  expect(await names(db)).toEqual([
    expect.stringMatching(/^tenant_ddl_shared_[0-9a-f]{8}$/),
    expect.stringMatching(/^tenant_ddl_turn_[0-9a-f]{8}$/),
  ]);
});

it("does so in a caller's transaction, and in withTenant", async () => {
  const { db, sent } = await oneConnection();
  await db.transaction((trx) => drop('a', trx));
  await db.transaction((trx) => drop('b', trx));
  await withTenant(org, db, (tenant) => drop('c', tenant), options);
  // The turn and the guard.
  expect(counts(sent)).toEqual({ prepare: 2, execute: 4 });
  expect(await columnsOf(admin, org, 'invoice')).toEqual(['id', 'd', 'e', 'shared']);
});

it('refuses a field of an index over several alike, prepared or not', async () => {
  const { db } = await oneConnection();
  for (let time = 1; time <= 3; time += 1) {
    await expect(drop('shared', db)).rejects.toMatchObject({
      code: 'DEPENDENT_OBJECTS',
      sqlState: 'TD001',
      message: expect.stringContaining('invoice_id_shared_idx_'),
    });
    await drop(['a', 'b', 'c'][time - 1] as string, db);
  }
  expect(await columnsOf(admin, org, 'invoice')).toEqual(['id', 'd', 'e', 'shared']);
});

describe('where a session has forgotten what was prepared', () => {
  it('sends the change once more without, which is no attempt of its own', async () => {
    const { db, sent } = await oneConnection();
    await drop('a', db);
    await drop('b', db);
    await db.raw('discard all');
    sent.length = 0;
    const { attempts } = await dropFieldFromModel(org, 'invoice', 'c', db, options);
    expect(attempts).toBe(1);
    expect(sent).toEqual([expect.stringContaining('execute'), 'rollback', expect.stringMatching(/^begin/), 'commit']);
    expect(log.records().filter(({ level }) => level !== 'info')).toEqual([]);
    sent.length = 0;
    await drop('d', db);
    expect(counts(sent)).toEqual({ prepare: 0, execute: 0 });
    expect(await columnsOf(admin, org, 'invoice')).toEqual(['id', 'e', 'shared']);
  });

  it("keeps the rest of a caller's transaction", async () => {
    const { db } = await oneConnection();
    await drop('a', db);
    await drop('b', db);
    await db.raw('deallocate all');
    await db.transaction(async (trx) => {
      await trx.raw('insert into ??.?? (id) values (7)', [org, 'invoice']);
      await drop('c', trx);
      await trx.raw('insert into ??.?? (id) values (8)', [org, 'invoice']);
    });
    expect(await admin.withSchema(org).from('invoice').pluck('id').orderBy('id')).toEqual([7, 8]);
    expect(await columnsOf(admin, org, 'invoice')).toEqual(['id', 'd', 'e', 'shared']);
  });

  it('does the same where another has taken the name', async () => {
    const { db } = await oneConnection();
    await drop('a', db);
    const prepared = connect({ pool: { min: 1, max: 1 } });
    await drop('b', prepared);
    await drop('c', prepared);
    for (const name of await names(prepared)) await db.raw(`prepare ${name} as select 1`);
    await drop('d', db);
    expect(await columnsOf(admin, org, 'invoice')).toEqual(['id', 'e', 'shared']);
  });

  it('tells a failure that came second as it is', async () => {
    const { db } = await oneConnection();
    await drop('a', db);
    await drop('b', db);
    await db.raw('discard all');
    await expect(drop('b', db)).rejects.toMatchObject({ code: 'FIELD_NOT_FOUND', column: 'b' });
    await expect(addFieldToModel(org, 'invoice', { name: 'b', type: 'Int' }, db, options)).resolves.toBeDefined();
  });
});

it('prepares nothing behind a pooler, which shows a session that is not the one that answers', async () => {
  const { db, sent, connection } = await oneConnection();
  connection.processID += 1;
  for (const column of ['a', 'b', 'c']) await drop(column, db);
  expect(counts(sent)).toEqual({ prepare: 0, execute: 0 });
  expect(sent).toHaveLength(6);
  // Once is enough to know.
  expect(sent.filter((sql) => sql.includes('pg_backend_pid'))).toHaveLength(1);
});

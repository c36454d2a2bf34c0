// The table of the README: what plain knex does, and what the library does in its place.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { addFieldToModel, createModel, dropFieldFromModel, planChange } from '../../lib';
import { tableOf } from '../support/markdown';
import { connect } from '../support/postgres';
import { migrationError, rejection } from '../support/rejection';
import { columnsOf, COMMIT, strikeOnce, throughProxy, until, waitingFor } from '../support/through-proxy';
import type { Proxied } from '../support/through-proxy';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ lockTimeoutMs: 100, retry: { maxAttempts: 2, delayMs: 1 } });
const observer = connect();

beforeEach(async () => {
  const fields = (['id', 'status', 'amount'] as const).map((name) => ({ name, type: 'Int' }) as const);
  await createModel(org, { table: 'invoice', fields, indexes: [{ columns: ['status', 'amount'] }] }, db, options);
});

const byKnex = (on: Knex, name: string): Promise<unknown> =>
  on.schema.withSchema(org).alterTable('invoice', (table) => void table.integer(name));
const byUs = (on: Knex, name: string): Promise<unknown> =>
  addFieldToModel(org, 'invoice', { name, type: 'Int' }, on, options);

it('has five rows, each with a test here', () => {
  expect(tableOf('README.md', 'when').map(([what]) => what)).toEqual([
    'A table is in use',
    'A change fails in your transaction',
    'A column is part of a larger index',
    'The connection breaks during COMMIT',
    'You want to know beforehand',
  ]);
});

it('a table is in use: knex waits, and later readers behind it', async () => {
  const ended: string[] = [];
  let waiting: Promise<unknown> = Promise.resolve();
  await db.transaction(async (holder) => {
    await holder.withSchema(org).from('invoice').select();
    expect(await migrationError(byUs(db, 'a'))).toMatchObject({ code: 'LOCK_TIMEOUT' });
    const change = byKnex(db, 'b').then(() => ended.push('change'));
    await until(async () => (await waitingFor(observer, org, 'invoice')) === 1);
    const reader = db.withSchema(org).from('invoice').select();
    waiting = Promise.all([change, reader.then(() => ended.push('reader'))]);
    await until(async () => (await waitingFor(observer, org, 'invoice')) === 2);
    await sleep(options.lockTimeoutMs * 5);
    expect(ended).toEqual([]);
  });
  await waiting;
  expect(ended.sort()).toEqual(['change', 'reader']);
});

it('a change fails in your transaction: knex leaves it aborted', async () => {
  const read = (trx: Knex): Promise<unknown> => trx.raw('select 1');
  const aborted = db.transaction(async (trx) => {
    await rejection(byKnex(trx, 'id'));
    await read(trx);
  });
  expect(await rejection(aborted)).toMatchObject({ code: '25P02' });
  await db.transaction(async (trx) => {
    expect(await migrationError(byUs(trx, 'id'))).toMatchObject({ code: 'FIELD_EXISTS' });
    await read(trx);
  });
});

it('a column is part of a larger index: knex drops the index', async () => {
  const indexes = async (): Promise<string[]> => {
    const { rows } = await db.raw<{ rows: { name: string }[] }>(
      `select indexname as name from pg_indexes where schemaname = ? and indexname like '%_idx_%'`,
      [org],
    );
    return rows.map(({ name }) => name);
  };
  const [name = ''] = await indexes();
  const refused = await migrationError(dropFieldFromModel(org, 'invoice', 'amount', db, options));
  expect(refused.code).toBe('DEPENDENT_OBJECTS');
  expect(await indexes()).toEqual([name]);
  await db.schema.withSchema(org).alterTable('invoice', (table) => void table.dropColumn('status'));
  expect(await indexes()).toEqual([]);
});

describe.each([
  ['before the server has it', false],
  ['once the server has committed', true],
])('the connection breaks during COMMIT, %s', (_when, arrives) => {
  let wire: Proxied;

  beforeEach(async () => {
    wire = await throughProxy();
    void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
      if (arrives) await exchange.ask();
      exchange.cut();
    });
  });

  afterEach(() => wire.proxy.close());

  it('knex has an error, whatever happened', async () => {
    const alter = (trx: Knex): Promise<unknown> =>
      trx.schema.withSchema(wire.org).alterTable('invoice', (table) => void table.integer('a'));
    await rejection(wire.db.transaction((trx) => alter(trx)));
    expect(await columnsOf(wire.admin, wire.org)).toEqual(arrives ? ['id', 'a'] : ['id']);
  });

  it('the library knows, and runs it again if it has to', async () => {
    await addFieldToModel(wire.org, 'invoice', { name: 'a', type: 'Int' }, wire.db, options);
    expect(await columnsOf(wire.admin, wire.org)).toEqual(['id', 'a']);
  });
});

it('you want to know beforehand: knex has SQL alone', () => {
  const [known] = db.schema
    .withSchema(org)
    .alterTable('invoice', (table) => void table.integer('b'))
    .toSQL() as unknown as object[];
  expect(Object.keys(known ?? {}).sort()).toEqual(['bindings', 'sql']);
  const { steps } = planChange(org, { kind: 'addField', table: 'invoice', field: { name: 'b', type: 'Int' } });
  expect(steps[0]).toMatchObject({ locks: [{ mode: 'AccessExclusiveLock' }], rewritesTable: false, scansTable: false });
});

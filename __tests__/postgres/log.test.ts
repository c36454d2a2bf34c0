// What is told of a change, by a real winston.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  addFieldToModel,
  alterField,
  createModel,
  createTenant,
  dropFieldFromModel,
  dropTenant,
  withTenant,
  type FieldSpec,
  type Logger,
} from '../../lib';
import { tablesOf } from '../support/catalog';
import { quiet, recordedLog } from '../support/log';
import { connect, freshOrg, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org } = tenantTest({ logger: recordedLog().logger });
const SECRET = 'hunter2-4711';

const fields: FieldSpec[] = [
  { name: 'id', type: 'String' },
  { name: 'name', type: 'String', nullable: false },
  { name: 'amount', type: 'Float', default: 0 },
];
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const durationMs = expect.any(Number);
const took = { durationMs, attempts: 1, timestamp };

it('is one record for each change, and no key more', async () => {
  const { logger, records } = recordedLog();
  await createModel(org, { table: 'invoice', fields }, db, { logger });
  await addFieldToModel(org, 'invoice', { name: 'status', type: 'String', default: 'draft' }, db, { logger });
  await dropFieldFromModel(org, 'invoice', 'name', db, { logger });
  expect(records()).toStrictEqual([
    { level: 'info', message: 'CREATE TABLE', org, table: 'invoice', fields: ['id', 'name', 'amount'], ...took },
    { level: 'info', message: 'ADD COLUMN', org, table: 'invoice', fields: ['status'], ...took },
    { level: 'info', message: 'DROP COLUMN', org, table: 'invoice', fields: ['name'], ...took },
  ]);
  for (const record of records()) expect(Number.isInteger(record.durationMs)).toBe(true);
});

it('is one record for the schema itself', async () => {
  const { logger, records } = recordedLog();
  const other = freshOrg();
  await createTenant(other, db, { logger });
  await dropTenant(other, db, { logger, confirm: other });
  expect(records()).toStrictEqual([
    { level: 'info', message: 'CREATE SCHEMA', org: other, fields: [], ...took },
    { level: 'info', message: 'DROP SCHEMA', org: other, fields: [], ...took },
  ]);
});

it('is written by the default logger as one line of JSON in the order that one reads', async () => {
  const script = `
    const { knex } = require('knex');
    const { createModel } = require('./lib');
    const db = knex({ client: 'pg', connection: ${JSON.stringify(serverUrl())} });
    createModel(${JSON.stringify(org)}, { table: 'invoice', fields: ${JSON.stringify(fields)} }, db)
      .finally(() => db.destroy());`;
  const root = join(__dirname, '..', '..');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], { cwd: root });
  const line = new RegExp(
    `^\\{"level":"info","message":"CREATE TABLE","org":"${org}","table":"invoice","fields":\\["id","name","amount"\\],` +
      `"durationMs":\\d+,"attempts":1,"timestamp":"[^"]+Z"\\}\n$`,
  );
  expect(stdout).toMatch(line);
}, 60_000);

describe('a change that fails', () => {
  it('is one record that says why', async () => {
    const { logger, records } = recordedLog();
    const refused = dropFieldFromModel(org, 'missing', 'name', db, { logger });
    const { message } = await migrationError(refused);
    expect(records()).toStrictEqual([
      {
        level: 'error',
        message: 'DROP COLUMN',
        org,
        table: 'missing',
        fields: ['name'],
        code: 'MODEL_NOT_FOUND',
        sqlState: '42P01',
        reason: message,
        durationMs,
        attempt: 1,
        timestamp,
      },
    ]);
  });

  it('is a warning for each attempt that is followed by another, with the wait, and an error for the last', async () => {
    await createModel(org, { table: 'invoice', fields }, db, { logger: recordedLog().logger });
    const { logger, records } = recordedLog();
    const waits: number[] = [];
    await db.transaction(async (holder) => {
      await holder.raw('lock table ??.invoice', [org]);
      const retry = { maxAttempts: 3, delayMs: 5, onRetry: ({ delayMs }: { delayMs: number }) => waits.push(delayMs) };
      const change = dropFieldFromModel(org, 'invoice', 'name', connect(), { logger, lockTimeoutMs: 20, retry });
      await migrationError(change);
    });
    const failure = { message: 'DROP COLUMN', org, table: 'invoice', fields: ['name'], code: 'LOCK_TIMEOUT' };
    expect(records()).toMatchObject([
      { level: 'warn', ...failure, attempt: 1, retryInMs: waits[0] },
      { level: 'warn', ...failure, attempt: 2, retryInMs: waits[1] },
      { level: 'error', ...failure, attempt: 3 },
    ]);
    expect(records()[2]).not.toHaveProperty('retryInMs');
  });

  it('is a warning and then a record of success where another attempt succeeds', async () => {
    await createModel(org, { table: 'invoice', fields }, db, { logger: recordedLog().logger });
    const { logger, records } = recordedLog();
    const holder = await db.transaction();
    await holder.raw('lock table ??.invoice', [org]);
    const retry = { maxAttempts: 20, delayMs: 50, onRetry: () => void holder.rollback() };
    const { attempts } = await dropFieldFromModel(org, 'invoice', 'name', db, { logger, lockTimeoutMs: 50, retry });
    expect(attempts).toBeGreaterThan(1);
    expect(records().map(({ level }) => level)).toEqual([...Array(attempts - 1).fill('warn'), 'info']);
    expect(records().at(-1)).toMatchObject({ level: 'info', message: 'DROP COLUMN', attempts });
  });

  it('leaves no record where nothing was sent', async () => {
    const { logger, text } = recordedLog('debug');
    await migrationError(createModel(org, { table: 'a b', fields }, db, { logger }));
    expect(text()).toBe('');
  });
});

describe('in withTenant', () => {
  it('is written after COMMIT, in the order of the changes', async () => {
    const { logger, records } = recordedLog();
    await withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, { table: 'invoice', fields }, tenant);
        await dropFieldFromModel(org, 'invoice', 'name', tenant);
        expect(records()).toEqual([]);
      },
      { logger },
    );
    expect(records()).toMatchObject([
      { level: 'info', message: 'CREATE TABLE', attempts: 1 },
      { level: 'info', message: 'DROP COLUMN', attempts: 1 },
    ]);
  });

  it('is not written of what was rolled back', async () => {
    const { logger, text } = recordedLog();
    const hook = new Error('hook');
    const run = withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, { table: 'invoice', fields }, tenant);
        throw hook;
      },
      { logger },
    );
    await expect(run).rejects.toBe(hook);
    expect(text()).toBe('');
  });

  it('is not written of what COMMIT rolled back', async () => {
    const { logger, records } = recordedLog();
    const run = withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, { table: 'invoice', fields }, tenant);
        await tenant.raw('select 1 / 0').catch(() => undefined);
      },
      { logger },
    );
    await migrationError(run);
    expect(records().filter(({ level }) => level === 'info')).toEqual([]);
  });

  it('tells the attempt that it took, and the failure of those before', async () => {
    await createModel(org, { table: 'invoice', fields }, db, { logger: recordedLog().logger });
    const { logger, records } = recordedLog();
    const holder = await db.transaction();
    await holder.raw('lock table ??.invoice', [org]);
    let attempts = 0;
    await withTenant(
      org,
      db,
      async (tenant) => {
        attempts += 1;
        await createModel(org, { table: `t${attempts}`, fields }, tenant);
        await dropFieldFromModel(org, 'invoice', 'name', tenant);
      },
      { logger, lockTimeoutMs: 50, retry: { maxAttempts: 20, delayMs: 50, onRetry: () => void holder.rollback() } },
    );
    expect(attempts).toBeGreaterThan(1);
    const warnings = records().slice(0, -2);
    expect(warnings).toHaveLength(attempts - 1);
    expect(warnings[0]).toMatchObject({ level: 'warn', message: 'DROP COLUMN', attempt: 1, code: 'LOCK_TIMEOUT' });
    expect(records().slice(-2)).toMatchObject([
      { level: 'info', message: 'CREATE TABLE', table: `t${attempts}`, attempts },
      { level: 'info', message: 'DROP COLUMN', attempts },
    ]);
  });

  it('tells of a failure whose error the callback caught', async () => {
    const { logger, records } = recordedLog();
    await withTenant(
      org,
      db,
      async (tenant) => {
        await createModel(org, { table: 'invoice', fields }, tenant);
        await createModel(org, { table: 'invoice', fields }, tenant).catch(() => undefined);
      },
      { logger },
    );
    expect(records()).toMatchObject([
      { level: 'error', message: 'CREATE TABLE', code: 'MODEL_EXISTS' },
      { level: 'info', message: 'CREATE TABLE' },
    ]);
  });
});

it('holds the SQL at level debug, and at no level a default, a comment or a row', async () => {
  const { logger, records, text } = recordedLog('debug');
  const first: FieldSpec = { name: 'a', type: 'Text', default: `${SECRET}\\ it's?`, comment: SECRET };
  const secret: FieldSpec[] = [
    first,
    { name: 'b', type: 'Json', default: { [SECRET]: [SECRET] } },
    { name: 'c', type: 'Int', default: 4711 },
    { name: 'd', type: 'Float', default: -4711.5 },
    { name: 'e', type: 'Decimal', default: '4711' },
    { name: 'f', type: 'BigInt', default: -4711n },
  ];
  await createModel(org, { table: 'invoice', fields: secret, comment: SECRET }, db, { logger });
  await addFieldToModel(org, 'invoice', { ...first, name: 'g' }, db, { logger });
  await migrationError(addFieldToModel(org, 'invoice', first, db, { logger }));
  await db('invoice')
    .withSchema(org)
    .insert([{ c: 1 }, { c: 2 }]);
  await migrationError(
    addFieldToModel(org, 'invoice', { ...first, name: 'u', unique: true }, db, { logger, retry: {} }),
  );
  expect(text()).not.toContain('4711');
  expect(records().filter(({ level }) => level === 'debug')).toHaveLength(4);
  expect(records()[0]).toMatchObject({
    message: 'SQL',
    org,
    statements: [
      expect.stringContaining(`create table "${org}"."invoice" ("a" pg_catalog.text default`),
      ...Array(2).fill(expect.stringMatching(/^comment on .* is '…'$/)),
    ],
  });
});

it('changes nothing about what happened when it throws', async () => {
  const broken = (): never => {
    throw new Error('the log is full');
  };
  const logger = { debug: broken, info: broken, warn: broken, error: broken };
  const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    await createModel(org, { table: 'invoice', fields }, db, { logger });
    await withTenant(org, db, async (tenant) => createModel(org, { table: 'line', fields }, tenant), { logger });
    const error = await migrationError(dropFieldFromModel(org, 'missing', 'name', db, { logger }));
    expect(error.code).toBe('MODEL_NOT_FOUND');
    expect(warned).toHaveBeenCalled();
  } finally {
    warned.mockRestore();
  }
  expect(await tablesOf(db, org)).toEqual(['invoice', 'line']);
});

it('has no value of a default even in the cause of an error, where the server told it', async () => {
  await createModel(org, { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }, db, { logger: quiet });
  const error = await migrationError(alterField(org, 'invoice', 'id', { default: 'hunter2' }, db, { logger: quiet }));
  const { message, stack, ...rest } = error.cause as Error;
  expect([message, stack, JSON.stringify(rest), error.message, error.stack].join()).not.toContain('hunter2');
});

it('can be anything that has the methods of winston', async () => {
  const told: unknown[][] = [];
  const tell = (...all: unknown[]): void => void told.push(all);
  const logger: Logger = { debug: tell, info: tell, warn: tell, error: tell };
  await createModel(org, { table: 'invoice', fields }, db, { logger });
  expect(told).toEqual([
    ['SQL', { org, statements: [expect.any(String)] }],
    ['CREATE TABLE', { org, table: 'invoice', fields: ['id', 'name', 'amount'], durationMs, attempts: 1 }],
  ]);
});

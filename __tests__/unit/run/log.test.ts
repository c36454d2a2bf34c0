import { newDb } from 'pg-mem';
import type { Knex } from 'knex';
import { addFieldToModel, createModel, dropFieldFromModel, type FieldSpec, type Logger } from '../../../lib';
import { fieldTypes, type FieldTypeName } from '../../../lib/field-types';
import { logFailure, logHazard, logSql, withoutValues } from '../../../lib/run/log';
import { defaultLogger } from '../../../lib/options/logger';
import { MigrationError } from '../../../lib/errors';
import type { Identifier } from '../../../lib/sql/identifier';
import { memoryTenant } from '../../../lib/testing';
import { recordedLog } from '../../support/log';
import { rejection } from '../../support/rejection';
import { TYPE_SAMPLES } from '../../support/type-samples';

const INVOICE = { table: 'invoice', fields: [{ name: 'id', type: 'String' }] } as const;
const TOOK = { durationMs: expect.any(Number), timestamp: expect.any(String) };

const open: Knex[] = [];
afterEach(() => Promise.all(open.splice(0).map((db) => db.destroy())));

function tenant(logger: Logger): Knex {
  const db = memoryTenant('acme-corp', { logger });
  open.push(db);
  return db;
}

describe('the record of a change that ran', () => {
  it('is one line for each, of exactly these fields', async () => {
    const log = recordedLog();
    const db = tenant(log.logger);
    const fields = [...INVOICE.fields, { name: 'name', type: 'String' }, { name: 'amount', type: 'Float' }] as const;
    await createModel('acme-corp', { table: 'invoice', fields }, db);
    await addFieldToModel('acme-corp', 'invoice', { name: 'status', type: 'String' }, db);
    await dropFieldFromModel('acme-corp', 'invoice', 'status', db);
    const common = { level: 'info', org: 'acme-corp', table: 'invoice', attempts: 1, ...TOOK };
    expect(log.records()).toEqual([
      { ...common, message: 'CREATE TABLE', fields: ['id', 'name', 'amount'] },
      { ...common, message: 'ADD COLUMN', fields: ['status'] },
      { ...common, message: 'DROP COLUMN', fields: ['status'] },
    ]);
    for (const { durationMs } of log.records()) expect(Number.isInteger(durationMs)).toBe(true);
  });

  it('goes to any logger that has the four methods', async () => {
    const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    await createModel('acme-corp', INVOICE, tenant(logger));
    expect(logger.info.mock.calls).toEqual([
      [
        'CREATE TABLE',
        { org: 'acme-corp', table: 'invoice', fields: ['id'], durationMs: expect.any(Number), attempts: 1 },
      ],
    ]);
    expect(logger.debug).toHaveBeenCalledTimes(1);
    expect([logger.warn, logger.error].flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('goes to the logger of the call, where it has one', async () => {
    const [ofTenant, ofCall] = [recordedLog(), recordedLog()];
    await createModel('acme-corp', INVOICE, tenant(ofTenant.logger), { logger: ofCall.logger });
    expect([ofTenant.records().length, ofCall.records().length]).toEqual([0, 1]);
  });
});

describe('the record of an attempt that failed', () => {
  it('is one line, of exactly these fields', async () => {
    const log = recordedLog();
    const db = tenant(log.logger);
    const error = await rejection(dropFieldFromModel('acme-corp', 'invoice', 'status', db));
    expect(log.records()).toEqual([
      {
        level: 'error',
        message: 'DROP COLUMN',
        org: 'acme-corp',
        table: 'invoice',
        fields: ['status'],
        code: 'MODEL_NOT_FOUND',
        reason: (error as Error).message,
        attempt: 1,
        ...TOOK,
      },
    ]);
  });

  it('is a warning where another attempt follows, and says when', () => {
    const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    const error = new MigrationError('What happened', { code: 'DEADLOCK', sqlState: '40P01', org: 'acme-corp' });
    const subject = { message: 'ADD COLUMN', table: 'invoice' as Identifier, fields: ['a' as Identifier] };
    const failure = { error, attempt: 2, durationMs: 7 };
    const record = {
      org: 'acme-corp',
      table: 'invoice',
      fields: ['a'],
      code: 'DEADLOCK',
      sqlState: '40P01',
      reason: 'What happened',
      durationMs: 7,
      attempt: 2,
    };
    logFailure(logger, 'acme-corp', subject, { ...failure, retryInMs: 0 });
    expect(logger.warn.mock.calls).toEqual([['ADD COLUMN', { ...record, retryInMs: 0 }]]);
    expect(logger.error).not.toHaveBeenCalled();
    logFailure(logger, 'acme-corp', subject, { ...failure, retryInMs: undefined });
    expect(logger.error.mock.calls).toEqual([['ADD COLUMN', record]]);
    expect([logger.debug, logger.info].flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  it('is none for a change that was refused before anything was sent', async () => {
    const log = recordedLog('debug');
    await rejection(createModel('acme-corp', { table: 'a.b', fields: [] }, tenant(log.logger)));
    expect(log.records()).toEqual([]);
  });
});

it('warns of a hazard that was met, with what to do next time', () => {
  const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const hazard = { kind: 'scan', table: 'invoice', message: 'It reads every row.', saferWay: 'Do it in two.' } as const;
  const record = {
    org: 'acme-corp',
    table: 'invoice',
    kind: 'scan',
    reason: hazard.message,
    saferWay: hazard.saferWay,
  };
  logHazard(logger, 'acme-corp', { ...hazard, column: 'a' });
  logHazard(logger, 'acme-corp', hazard);
  expect(logger.warn.mock.calls).toEqual([
    ['HAZARD', { ...record, fields: ['a'] }],
    ['HAZARD', { ...record, fields: [] }],
  ]);
});

describe('the SQL', () => {
  it('is at level debug, before it runs', async () => {
    const log = recordedLog('debug');
    await createModel('acme-corp', INVOICE, tenant(log.logger));
    expect(log.records().map(({ level, message }) => [level, message])).toEqual([
      ['debug', 'SQL'],
      ['info', 'CREATE TABLE'],
    ]);
    expect(log.records()[0]).toEqual({
      level: 'debug',
      message: 'SQL',
      org: 'acme-corp',
      statements: [
        'create table "acme-corp"."invoice" ("id" varchar(100) not null, constraint "invoice_pkey_66ebf28520ac" primary key ("id"))',
      ],
      timestamp: expect.any(String),
    });
  });

  it.each([
    ["a default 'x' constraint", "a default '…' constraint"],
    ["default 'it''s' constraint \"k\" unique", 'default \'…\' constraint "k" unique'],
    ["default E'a\\\\''\\x3f\\\\' constraint", "default '…' constraint"],
    ["default 'a\nb'", "default '…'"],
    ['default \'{"a":"b"}\'::pg_catalog.jsonb', "default '…'::pg_catalog.jsonb"],
    ["default decode('AP8=', 'base64')", "default decode('…', '…')"],
    ['default 1', 'default …'],
    ['default -1.5 constraint', 'default … constraint'],
    ['default 9007199254740993)', 'default …)'],
    ["default '-0'::double precision", "default '…'::double precision"],
    ['default true', 'default …'],
    ['default false, "b" text', 'default …, "b" text'],
    [
      "check (\"a\" operator(pg_catalog.=) any (array['x', E'y\\\\', 'z']))",
      "check (\"a\" operator(pg_catalog.=) any (array['…', '…', '…']))",
    ],
    ['comment on table "a"."b" is \'secret\'', 'comment on table "a"."b" is \'…\''],
    ['default pg_catalog.now()', 'default pg_catalog.now()'],
    ['default pg_catalog.gen_random_uuid()', 'default pg_catalog.gen_random_uuid()'],
    ['"default" integer default 7', '"default" integer default …'],
    ['"E" text default \'a\'', '"E" text default \'…\''],
    ['varchar(100) not null', 'varchar(100) not null'],
  ])('%s is written as %s', (sql, expected) => {
    expect(withoutValues(sql)).toBe(expected);
    const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
    logSql(logger, 'acme-corp', [sql]);
    expect(logger.debug.mock.calls).toEqual([['SQL', { org: 'acme-corp', statements: [expected] }]]);
  });
});

describe('the value of a default', () => {
  const SHOWN = /hunter2|774411|1999-07-07|07:44:11|aHVudGVyMg/;

  const cases = (Object.keys(fieldTypes) as FieldTypeName[]).flatMap((type) =>
    TYPE_SAMPLES[type].secrets.map(
      (spec, index) => [`${type} ${index}`, { name: 'secret', type, ...spec } as FieldSpec] as const,
    ),
  );

  it.each(cases)('is in no log at any level, and in no error: %s', async (_type, field) => {
    const log = recordedLog('silly');
    const db = tenant(log.logger);
    const attempts = [
      () => createModel('acme-corp', { table: 'invoice', fields: [...INVOICE.fields, field] }, db),
      () => createModel('acme-corp', { table: 'invoice', fields: [field] }, db),
      () => createModel('acme-corp', { table: 'other', fields: [...INVOICE.fields] }, db),
      () => addFieldToModel('acme-corp', 'other', field, db),
      () => addFieldToModel('acme-corp', 'other', field, db),
      () => addFieldToModel('acme-corp', 'nowhere', field, db),
      () => addFieldToModel('acme-corp', 'other', { ...field, name: 'more', comment: 'hunter2 774411' }, db),
    ];
    const errors: unknown[] = [];
    for (const attempt of attempts) await attempt().catch((error: unknown) => errors.push(error));
    expect(errors.length).toBeGreaterThanOrEqual(3);
    expect(log.text()).not.toMatch(SHOWN);
    for (const error of errors) expect(told(error)).not.toMatch(SHOWN);
  });

  /** All that an error says, its causes included. */
  function told(error: unknown): string {
    if (!(error instanceof Error)) return String(error);
    return [error.message, error.stack, JSON.stringify(error), told(error.cause ?? '')].join('\n');
  }
});

describe('the default logger', () => {
  it('writes one JSON object a line, in the order of the design, from level info', () => {
    const lines: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0);
    // winston's console transport writes to the console of Node, or to what jest put in its place.
    const console_ = jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(`${line}\n`));
    const inner = (console as unknown as { readonly _stdout?: { write(chunk: string): boolean } })._stdout;
    const direct = inner && jest.spyOn(inner, 'write').mockImplementation((chunk) => lines.push(chunk) > 0);
    try {
      const logger = defaultLogger();
      logger.debug('SQL', { org: 'acme-corp' });
      logger.info('CREATE TABLE', { org: 'acme-corp', table: 'invoice', fields: ['id'], durationMs: 4, attempts: 1 });
    } finally {
      for (const spy of [write, console_, direct]) spy?.mockRestore();
    }
    expect(lines.join('')).toMatch(
      /^\{"level":"info","message":"CREATE TABLE","org":"acme-corp","table":"invoice","fields":\["id"\],"durationMs":4,"attempts":1,"timestamp":"\d{4}-[^"]+Z"\}\r?\n$/,
    );
  });

  it('is one for all', () => {
    expect(defaultLogger()).toBe(defaultLogger());
  });
});

it('a plain pg-mem Knex tells at once, as nothing of it is undone', async () => {
  const log = recordedLog();
  const db = newDb().adapters.createKnex() as Knex;
  open.push(db);
  await createModel('public2', INVOICE, db, { logger: log.logger }).catch(() => undefined);
  expect(log.records()).toEqual([
    expect.objectContaining({ level: 'error', code: 'TENANT_NOT_FOUND', org: 'public2' }),
  ]);
});

// Loggers that others wrote: what each of them makes of a record, and what happens when one fails.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Writable } from 'node:stream';
import { addFieldToModel, createModel, withTenant, type FieldSpec, type Logger } from '../../lib';
import { quiet } from '../support/log';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

type Pino = (options: object, stream: Pick<Writable, 'write'>) => Logger & { child(bindings: object): Logger };

const pino = jest.requireActual<Pino>('pino');
const { db, org } = tenantTest();
const id: FieldSpec = { name: 'id', type: 'Int' };

beforeEach(async () => {
  await createModel(org, { table: 'invoice', fields: [id] }, db, { logger: quiet });
});

function pinoInto(lines: string[], level = 'info'): ReturnType<Pino> {
  return pino({ level, base: undefined }, { write: (line: string) => lines.push(line) > 0 });
}

describe('pino', () => {
  it.each(['the logger', 'a child of it'])('has the whole record beside its message: %s', async (which) => {
    const lines: string[] = [];
    const root = pinoInto(lines);
    const logger = which === 'the logger' ? root : root.child({ request: 7 });
    await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, db, { logger });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 30, msg: 'ADD COLUMN', org, table: 'invoice', fields: ['a'], attempts: 1 }),
    ]);
    await migrationError(addFieldToModel(org, 'invoice', id, db, { logger }));
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ level: 50, msg: 'ADD COLUMN', code: 'FIELD_EXISTS' });
  });

  it('is given the SQL at level debug, and is asked first whether it reads it', async () => {
    const lines: string[] = [];
    await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, db, { logger: pinoInto(lines, 'debug') });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'SQL', org }, { msg: 'ADD COLUMN' }]);
  });
});

it('bunyan’s order is the same: a logger of its shape gets the record first', async () => {
  const told: unknown[][] = [];
  const tell = (...all: unknown[]): void => void told.push(all);
  const logger = { debug: tell, info: tell, warn: tell, error: tell, fields: {}, streams: [], addStream: tell };
  await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, db, { logger });
  expect(told.at(-1)).toEqual([expect.objectContaining({ org, table: 'invoice' }), 'ADD COLUMN']);
});

describe('a logger that fails', () => {
  const fails = async (): Promise<never> => Promise.reject(new Error('the collector is down'));
  const throws = (): never => {
    throw new Error('the collector is down');
  };
  const broken: Record<string, Logger> = {
    'is async and rejects': { debug: fails, info: fails, warn: fails, error: fails },
    'throws when asked for its level': { ...quiet, isLevelEnabled: throws },
    'rejects when asked for its level': { ...quiet, isLevelEnabled: fails as unknown as () => boolean },
  };
  const unheard = jest.fn();
  let warned: jest.SpyInstance;

  beforeEach(() => {
    warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    process.on('unhandledRejection', unheard);
  });

  afterEach(() => {
    warned.mockRestore();
    process.off('unhandledRejection', unheard);
  });

  it.each(Object.entries(broken))(
    'changes nothing about what happened, and is warned of: it %s',
    async (_how, logger) => {
      await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int', unique: true }, db, { logger });
      await withTenant(org, db, (tenant) => addFieldToModel(org, 'invoice', { name: 'b', type: 'Int' }, tenant), {
        logger,
      });
      const error = await migrationError(addFieldToModel(org, 'invoice', id, db, { logger }));
      expect(error.code).toBe('FIELD_EXISTS');
      expect(warned).toHaveBeenCalled();
      expect(unheard).not.toHaveBeenCalled();
    },
  );

  it('nor does an onRetry that is async and rejects', async () => {
    const holder = await db.transaction();
    await holder.raw('lock table ??.invoice', [org]);
    const retry = { maxAttempts: 2, delayMs: 1, onRetry: fails };
    const change = addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, db, {
      logger: quiet,
      lockTimeoutMs: 20,
      retry,
    });
    expect(await migrationError(change)).toMatchObject({ code: 'LOCK_TIMEOUT' });
    await holder.rollback();
    expect(warned).toHaveBeenCalled();
    expect(unheard).not.toHaveBeenCalled();
  });
});

it('does not load winston where a logger is given', async () => {
  const script = `
    const { createModel } = require('./lib');
    const { memoryTenant } = require('./lib/testing');
    const quiet = () => undefined;
    const tenant = memoryTenant('acme', { logger: { debug: quiet, info: quiet, warn: quiet, error: quiet } });
    createModel('acme', { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }, tenant).finally(() => tenant.destroy()).then(() =>
      console.log(Object.keys(require.cache).some((file) => /[\\\\/]winston[\\\\/]/.test(file))));`;
  const root = join(__dirname, '..', '..');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], { cwd: root });
  expect(stdout).toBe('false\n');
}, 60_000);

// Every argument is looked at before anything is sent: what is taken for another is refused in the words of this library.
import knexModule, { knex, type Knex } from 'knex';
import {
  addFieldToModel,
  addIndex,
  applyChanges,
  createModel,
  createModels,
  createTenant,
  dropTenant,
  formatPlan,
  previewConversion,
  withDbRetry,
  withTenant,
  type ErrorCode,
} from '../../lib';
import { quiet } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';

const options = { logger: quiet };
const once = { logger: quiet, retry: false } as const;
const FIELD = { name: 'x', type: 'Int' } as const;
const db = connect();

async function freshTenant(): Promise<string> {
  const org = freshOrg();
  await createTenant(org, db, options);
  return org;
}

const MODEL = { table: 'y', fields: [FIELD] } as const;

describe('in place of a Knex', () => {
  let closed: Knex[] = [];
  afterEach(() => Promise.all(closed.map((each) => each.destroy())).then(() => (closed = [])));

  const CALLS: Record<string, (org: string, given: never) => Promise<unknown>> = {
    addFieldToModel: (org, given) => addFieldToModel(org, 'y', FIELD, given, options),
    applyChanges: (org, given) => applyChanges(org, [], given, options),
    previewConversion: (org, given) => previewConversion(org, 'y', 'x', { type: 'Text' }, given, options),
    withTenant: (org, given) => withTenant(org, given, () => Promise.resolve(), options),
    createTenant: (org, given) => createTenant(org, given, options),
    dropTenant: (org, given) => dropTenant(org, given, { ...options, confirm: org }),
  };
  const GIVEN: Record<string, [() => unknown, words: RegExp]> = {
    'the knex module': [() => knexModule, /the knex module: call it/],
    'a query builder': [() => db('y'), /a promise or a query: await it first/],
    null: [() => null, /It is null\.$/],
    undefined: [() => undefined, /It is undefined\.$/],
    'the options of one': [() => ({ client: 'pg' }), /a value of type object/],
  };

  for (const [call, run] of Object.entries(CALLS)) {
    it.each(Object.entries(GIVEN))(`${call} refuses %s`, async (_what, [given, words]) => {
      const error = await migrationError(run('acme', given() as never));
      expect(error.code).toBe('INVALID_SPEC');
      expect(error.message).toMatch(words);
    });
  }

  it.each(['addFieldToModel', 'applyChanges', 'previewConversion'])(
    '%s refuses a resolver and a provider',
    async (call) => {
      for (const given of [() => db, db.transactionProvider()]) {
        const error = await migrationError(CALLS[call]!('acme', given as never));
        expect(error.message).toMatch(/a function: pass what it resolves to/);
      }
    },
  );

  it.each(['pgnative', 'cockroachdb', 'redshift', 'mysql2', 'better-sqlite3'])(
    'a Knex of the client %s is refused before anything is sent',
    async (client) => {
      const asked = jest.fn();
      // The drivers of most are not installed: knex looks for them when it first connects.
      const given = foreign(client);
      given.on('query', asked);
      for (const run of Object.values(CALLS)) {
        const error = await migrationError(run('acme', given as never));
        expect({ code: error.code, names: error.message.includes('"') }).toEqual({
          code: 'UNSUPPORTED_DATABASE',
          names: true,
        });
      }
      expect(asked).not.toHaveBeenCalled();
    },
  );

  /** A Knex whose client says that it is of another driver, as knex's own clients do. */
  function foreign(client: string): Knex {
    const made = knex({ client: 'pg' });
    closed.push(made);
    const dialect = { redshift: 'redshift', mysql2: 'mysql', 'better-sqlite3': 'sqlite3' }[client] ?? 'postgresql';
    Object.assign(made.client as object, { driverName: client === 'redshift' ? 'pg-redshift' : client, dialect });
    return made;
  }
});

describe('a list, a spec, a callback', () => {
  const given = <T>(value: unknown): T => value as T;

  it.each<[string, () => Promise<unknown>, ErrorCode, RegExp]>([
    [
      'changes with a hole',
      () => applyChanges('acme', given([, ,]), db, options),
      'INVALID_SPEC',
      /kind: must be one of/,
    ],

    ['models with a hole', () => createModels('acme', given([, MODEL]), db, options), 'INVALID_SPEC', /not undefined/],
    [
      'fields with a hole',

      () => createModel('acme', given({ table: 'y', fields: [, FIELD] }), db, options),
      'INVALID_SPEC',
      /fields\[0\]: must be an object/,
    ],
    ['a model that is a text', () => createModel('acme', given('invoice'), db, options), 'INVALID_SPEC', /not string/],
    [
      'an index that brings a table and a kind',
      () => addIndex('acme', 'y', given({ columns: ['x'], table: 'z', kind: 'dropModel' }), db, options),
      'INVALID_SPEC',
      /has no kind or table/,
    ],
    ['an index that is a list', () => addIndex('acme', 'y', given(['x']), db, options), 'INVALID_SPEC', /not a list/],
    [
      'no callback',
      () => withTenant('acme', db, given(undefined), options),
      'INVALID_SPEC',
      /third argument is undefined/,
    ],
    [
      'work that has begun',
      () => withDbRetry(given(Promise.resolve())),
      'INVALID_SPEC',
      /withDbRetry\(\(\) => work\(\)\)/,
    ],
    [
      'an option that is none',
      () => createTenant('acme', db, given({ loger: 1 })),
      'INVALID_SPEC',
      /did you mean "logger"/,
    ],
  ])('%s is refused', async (_what, run, code, words) => {
    const error = await migrationError(run());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });

  it('a change in place of a plan is refused', () => {
    expect(() => formatPlan(given({ kind: 'dropModel', table: 't' }))).toThrow(
      expect.objectContaining({ name: 'MigrationError', message: expect.stringMatching(/^formatPlan takes a plan/) }),
    );
  });
});

describe('a signal', () => {
  it('that was aborted before begins nothing, and is ABORTED with its reason', async () => {
    const org = await freshTenant();
    const reason = new Error('The service stops');
    const aborted = { logger: quiet, retry: { signal: AbortSignal.abort(reason) } };
    const callback = jest.fn();
    for (const run of [
      () => createModel(org, MODEL, db, aborted),
      () => withTenant(org, db, callback, aborted),
      () => dropTenant(org, db, { ...aborted, confirm: org }),
    ]) {
      const error = await migrationError(run());
      expect(error).toMatchObject({ code: 'ABORTED', org, cause: reason, retryScope: 'none' });
    }
    expect(callback).not.toHaveBeenCalled();
  });

  it('of another realm is one too', async () => {
    const org = await freshTenant();
    const signal = Object.assign(new EventTarget(), { aborted: false, reason: undefined });
    const result = await createModel(org, MODEL, db, { logger: quiet, retry: { signal: signal as never } });
    expect(result.attempts).toBe(1);
  });
});

describe('false', () => {
  it('logs nothing as the logger', async () => {
    const org = await freshTenant();
    const write = jest.spyOn(process.stdout, 'write');
    try {
      await createModel(org, MODEL, db, { logger: false });
      expect(write).not.toHaveBeenCalled();
    } finally {
      write.mockRestore();
    }
  });

  it('repeats nothing as the retry', async () => {
    const org = await freshTenant();
    await createModel(org, MODEL, db, options);
    const held = await db.transaction();
    await held.raw('lock table ??.??', [org, 'y']);
    const error = await migrationError(
      addFieldToModel(org, 'y', { name: 'b', type: 'Int' }, db, { ...once, lockTimeoutMs: 50 }),
    );
    await held.rollback();
    expect(error.code).toBe('LOCK_TIMEOUT');
  });
});

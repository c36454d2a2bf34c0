// Every way in which a change can be refused: the code, what the error says, and what is left behind, which is nothing.
import { inspect } from 'node:util';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModel,
  createTenant,
  dropFieldFromModel,
  withTenant,
  type ChangeOptions,
  type FieldSpec,
  type MigrationError,
} from '../../lib';
import { columnsOf, tablesOf } from '../support/catalog';
import { connect, freshOrg, freshRole } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options: once } = tenantTest({ retry: { maxAttempts: 1 } });
const id: FieldSpec = { name: 'id', type: 'Int' };

/** In a default and in a row; in no error. */
const SECRET = 'hunter2-4711';
const SECRET_NUMBER = 4711;

/** Makes what stands in the way; gives what takes it away again, where it doesn't go with the schema. */
type Prepare = (org: string) => Promise<(() => Promise<void>) | void>;

interface Case {
  readonly prepare?: Prepare;
  readonly change: (org: string, tenant: Knex, options: ChangeOptions) => Promise<unknown>;
  /** Then a tenant's transaction is no place for it. */
  readonly isOfAnotherOrg?: boolean;
  readonly options?: ChangeOptions;
  readonly expected: Partial<Record<'code' | 'sqlState' | 'table' | 'column' | 'retryScope', string>>;
  /** What it says, with the org's name left out. */
  readonly says: RegExp;
}

const add = (table: string, field: FieldSpec): Case['change'] => {
  return (org, tenant, options) => addFieldToModel(org, table, within(field, org), tenant, options);
};
const drop = (table: string, column: string): Case['change'] => {
  return (org, tenant, options) => dropFieldFromModel(org, table, column, tenant, options);
};
const create = (table: string, fields: readonly FieldSpec[], more = {}): Case['change'] => {
  return (org, tenant, options) => {
    const spec = { table, fields: fields.map((field) => within(field, org)), ...more };
    return createModel(org, spec, tenant, options);
  };
};

/** A reference to a schema `own` is one to the org. */
function within(field: FieldSpec, org: string): FieldSpec {
  if (field.references?.schema !== 'own') return field;
  return { ...field, references: { ...field.references, schema: org } };
}

const referring = (part: Partial<NonNullable<FieldSpec['references']>>, more: Partial<FieldSpec> = {}): FieldSpec =>
  ({
    name: 'ref',
    type: 'Int',
    references: { schema: 'own', table: 'customer', column: 'id', onDelete: 'CASCADE', ...part },
    ...more,
  }) as FieldSpec;

const sql =
  (text: string): Prepare =>
  async (org) => {
    await db.raw(text.replaceAll('$org', `"${org}"`));
  };

/** Locks a table until the test is over. */
const locked =
  (table: string): Prepare =>
  async (org) => {
    const holder = await db.transaction();
    await holder.raw('lock table ??.?? in access exclusive mode', [org, table]);
    return async () => {
      await holder.rollback();
    };
  };

const CASES: Record<string, Case> = {
  'createModel in a schema that is not there': {
    change: (org, tenant, options) => createModel(`${org}-missing`, { table: 'm', fields: [id] }, tenant, options),
    isOfAnotherOrg: true,
    expected: { code: 'TENANT_NOT_FOUND', sqlState: '3F000', retryScope: 'none' },
    says: /^Schema ".*-missing" does not exist\. Create it first: createTenant/,
  },
  'addFieldToModel in a schema that is not there': {
    change: (org, tenant, options) => addFieldToModel(`${org}-missing`, 'm', id, tenant, options),
    isOfAnotherOrg: true,
    expected: { code: 'TENANT_NOT_FOUND', sqlState: '3F000', retryScope: 'none' },
    says: /^Schema ".*-missing" does not exist\. Create it first: createTenant/,
  },
  'dropFieldFromModel in a schema that is not there': {
    change: (org, tenant, options) => dropFieldFromModel(`${org}-missing`, 'm', 'id', tenant, options),
    isOfAnotherOrg: true,
    expected: { code: 'TENANT_NOT_FOUND', sqlState: '3F000', retryScope: 'none' },
    says: /^Schema ".*-missing" does not exist\. Create it first: createTenant/,
  },
  'a field for a table that is not there': {
    change: add('missing', { name: 'a', type: 'Text', default: SECRET }),
    expected: { code: 'MODEL_NOT_FOUND', sqlState: '42P01', table: 'missing', retryScope: 'none' },
    says: /^There is no table "org"\."missing"\. Create it with createModel, or correct the name\.$/,
  },
  'dropping a field of a table that is not there': {
    change: drop('missing', 'a'),
    expected: { code: 'MODEL_NOT_FOUND', sqlState: '42P01', table: 'missing', retryScope: 'none' },
    says: /^There is no table "org"\."missing"\./,
  },
  'dropping a field that is not there': {
    change: drop('invoice', 'missing'),
    expected: { code: 'FIELD_NOT_FOUND', sqlState: '42703', table: 'invoice', column: 'missing', retryScope: 'none' },
    says: /^Field "missing" is not on "org"\."invoice"\. \w+/,
  },
  'a table that is there already': {
    change: create('invoice', [{ name: 'a', type: 'Text', default: SECRET }]),
    expected: { code: 'MODEL_EXISTS', sqlState: '42P07', table: 'invoice', retryScope: 'none' },
    says: /"org"\."invoice" already exists.*Choose another name, or drop the existing one first\.$/,
  },
  'a table of the name of a view': {
    prepare: sql('create view $org.taken as select 1'),
    change: create('taken', [id]),
    expected: { code: 'MODEL_EXISTS', sqlState: '42P07', table: 'taken', retryScope: 'none' },
    says: /"org"\."taken" already exists/,
  },
  'a table of the name of an index': {
    prepare: sql('create index taken on $org.invoice (id)'),
    change: create('taken', [id]),
    expected: { code: 'MODEL_EXISTS', sqlState: '42P07', table: 'taken', retryScope: 'none' },
    says: /"org"\."taken" already exists/,
  },
  'an index of the name of another': {
    prepare: sql('create index taken on $org.invoice (id)'),
    change: create('m', [id], { indexes: [{ columns: ['id'], name: 'taken' }] }),
    expected: { sqlState: '42P07', table: 'm', retryScope: 'none' },
    says: /"taken" already exists/,
  },
  'a field that is there already': {
    change: add('invoice', { name: 'note', type: 'Text', default: SECRET }),
    expected: { code: 'FIELD_EXISTS', sqlState: '42701', table: 'invoice', column: 'note', retryScope: 'none' },
    says: /^Field "note" is already on "org"\."invoice"\. Choose another name, or drop the existing one first\.$/,
  },
  'a reference to a table that is not there': {
    change: add('invoice', referring({ table: 'missing' })),
    expected: { code: 'REFERENCE_NOT_FOUND', sqlState: '42P01', table: 'invoice', column: 'ref', retryScope: 'none' },
    says: /^"org"\."invoice" refers to "org"\."missing", which does not exist\. Create it first/,
  },
  'a model that refers to a table that is not there': {
    change: create('m', [id, referring({ table: 'missing' })]),
    expected: { code: 'REFERENCE_NOT_FOUND', sqlState: '42P01', table: 'm', retryScope: 'none' },
    says: /^"org"\."m" refers to "org"\."missing", which does not exist\./,
  },
  'a reference to a column that is not there': {
    change: add('invoice', referring({ column: 'missing' })),
    expected: { code: 'REFERENCE_NOT_FOUND', sqlState: '42703', table: 'invoice', column: 'ref', retryScope: 'none' },
    says: /refers to "missing" of "org"\."customer", which does not exist/,
  },
  'a reference to a column without a unique': {
    change: add('invoice', referring({ column: 'no' })),
    expected: { code: 'REFERENCE_NOT_FOUND', sqlState: '42830', table: 'invoice', column: 'ref', retryScope: 'none' },
    says: /primary key or (a )?unique/,
  },
  'a reference to a shared schema that is not there': {
    options: { sharedSchemas: ['missing-schema'] },
    change: add('invoice', referring({ schema: 'missing-schema' })),
    expected: { code: 'REFERENCE_NOT_FOUND', sqlState: '3F000', table: 'invoice', column: 'ref', retryScope: 'none' },
    says: /refers to "missing-schema"\."customer", which does not exist/,
  },
  'a reference between incompatible types': {
    change: add('invoice', { ...referring({}), type: 'Boolean' } as FieldSpec),
    expected: { code: 'INVALID_SPEC', sqlState: '42804', table: 'invoice', column: 'ref', retryScope: 'none' },
    says: /Give the field the type of that column\.$/,
  },
  'a field that is not nullable, on a table with rows': {
    change: add('invoice', { name: 'a', type: 'Int', nullable: false }),
    expected: { code: 'NOT_NULL_VIOLATION', sqlState: '23502', table: 'invoice', column: 'a', retryScope: 'none' },
    says: /^"org"\."invoice" has rows, .* "a"\. Set a default, or add the field nullable and fill it first\.$/,
  },
  'a unique field with a default, on a table with two rows': {
    prepare: sql(`insert into $org.invoice values (2, '${SECRET}')`),
    change: add('invoice', { name: 'a', type: 'Text', unique: true, default: SECRET }),
    expected: { code: 'UNIQUE_VIOLATION', sqlState: '23505', table: 'invoice', retryScope: 'none' },
    says: /cannot have a constant default/,
  },
  'a reference whose default is no row': {
    change: add('invoice', referring({}, { default: SECRET_NUMBER })),
    expected: { code: 'FOREIGN_KEY_VIOLATION', sqlState: '23503', table: 'invoice', retryScope: 'none' },
    says: /rows that do not exist\. .* add the field without a default/,
  },
  'a field that a view needs': {
    prepare: sql(`create view $org.notes as select note from $org.invoice where note <> '${SECRET}'`),
    change: drop('invoice', 'note'),
    expected: { code: 'DEPENDENT_OBJECTS', sqlState: '2BP01', table: 'invoice', column: 'note', retryScope: 'none' },
    says: /Drop these first/,
  },
  'a field that a foreign key needs': {
    prepare: sql('create table $org.referring (customer int references $org.customer)'),
    change: drop('customer', 'id'),
    expected: { code: 'DEPENDENT_OBJECTS', sqlState: '2BP01', table: 'customer', column: 'id', retryScope: 'none' },
    says: /Drop these first/,
  },
  'a field of an index over several': {
    prepare: sql('create index by_both on $org.invoice (note, id)'),
    change: drop('invoice', 'note'),
    expected: { code: 'DEPENDENT_OBJECTS', table: 'invoice', column: 'note', retryScope: 'none' },
    says: /by_both.*drop them first/,
  },
  'a table that another transaction has locked': {
    prepare: locked('invoice'),
    options: { lockTimeoutMs: 20 },
    change: add('invoice', { name: 'a', type: 'Text', default: SECRET }),
    expected: { code: 'LOCK_TIMEOUT', sqlState: '55P03', table: 'invoice', column: 'a', retryScope: 'savepoint' },
    says: /lockTimeoutMs.*Try again/,
  },
  'a referenced table that another transaction has locked': {
    prepare: locked('customer'),
    options: { lockTimeoutMs: 20 },
    change: create('m', [id, referring({})]),
    expected: { code: 'LOCK_TIMEOUT', sqlState: '55P03', table: 'm', retryScope: 'savepoint' },
    says: /lockTimeoutMs.*Try again/,
  },
  'a change that takes too long': {
    prepare: sql('insert into $org.customer select i from generate_series(10, 200000) i'),
    options: { lockTimeoutMs: 1, statementTimeoutMs: 2 },
    change: add('customer', { name: 'a', type: 'Uuid', default: { fn: 'uuid' } }),
    expected: { code: 'STATEMENT_TIMEOUT', sqlState: '57014', table: 'customer', column: 'a', retryScope: 'none' },
    says: /Raise statementTimeoutMs/,
  },
  'more fields than a table can have': {
    change: create('m', columns(1601)),
    expected: { code: 'TOO_MANY_COLUMNS', sqlState: '54011', table: 'm', retryScope: 'none' },
    says: /1,600 columns.*put the field on another/,
  },
  'a field for a table that has 1,600': {
    prepare: async (org) => {
      await createModel(org, { table: 'wide', fields: columns(1600) }, db, once);
      await dropFieldFromModel(org, 'wide', 'c7', db, once);
    },
    change: add('wide', { name: 'a', type: 'Text', default: SECRET }),
    expected: { code: 'TOO_MANY_COLUMNS', sqlState: '54011', table: 'wide', column: 'a', retryScope: 'none' },
    says: /including dropped ones/,
  },
  'a tenant that is there already': {
    change: (org, tenant, options) => createTenant(org, tenant, options),
    expected: { code: 'TENANT_EXISTS', sqlState: '42P06', retryScope: 'none' },
    says: /^Schema "org" already exists\. Choose another org/,
  },
};

function columns(count: number): FieldSpec[] {
  return Array.from({ length: count }, (_, index) => ({ name: `c${index}`, type: 'Boolean' }));
}

beforeEach(async () => {
  await db.raw(
    `create table ??.customer (id int primary key, no int); create table ??.invoice (id int primary key, note text);
     create table ??.ledger (entry text)`,
    [org, org, org],
  );
  await db(`invoice`).withSchema(org).insert({ id: 1, note: SECRET });
  await db(`customer`).withSchema(org).insert({ id: 1 });
});

/** Everything that a change could have altered. */
async function state(): Promise<unknown> {
  const tables = await tablesOf(db, org);
  const all = await Promise.all(tables.map(async (table) => [table, await columnsOf(db, org, table)]));
  return Object.fromEntries(all);
}

async function prepared({ prepare }: Case): Promise<() => Promise<void>> {
  return (await prepare?.(org)) ?? (async () => {});
}

function expectToTell(error: MigrationError, { expected, says }: Case): void {
  // `code`, `table` and the others where the case names them, and no table or column where it doesn't.
  expect(error).toMatchObject(expected);
  expect(error.org.startsWith(org)).toBe(true);
  expect(error.message.replaceAll(org, 'org')).toMatch(says);
  if (expected.sqlState !== undefined) expect(error.cause).toMatchObject({ code: expected.sqlState });
  const all = inspect(error, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null });
  expect(all).not.toContain(SECRET);
  expect(all).not.toContain(String(SECRET_NUMBER));
}

const TIMEOUTS = `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`;

async function write(trx: Knex, entry: string): Promise<void> {
  await trx('ledger').withSchema(org).insert({ entry });
}

async function written(): Promise<string[]> {
  return db('ledger').withSchema(org).pluck('entry').orderBy('entry');
}

const TRANSACTIONS: [string, (work: (trx: Knex) => Promise<void>) => Promise<void>][] = [
  ["a caller's transaction", (work) => db.transaction(work)],
  ['withTenant', (work) => withTenant(org, db, work, once)],
];

describe.each(Object.entries(CASES))('%s', (_what, example) => {
  const options = { ...once, ...example.options };

  const transactions = TRANSACTIONS.filter(([kind]) => kind !== 'withTenant' || !example.isOfAnotherOrg);

  it.each(transactions)(
    'is refused in %s, which goes on with its timeouts as they were, and commits',
    async (_kind, run) => {
      const release = await prepared(example);
      const before = await state();
      try {
        await run(async (trx) => {
          await trx.raw(`set local lock_timeout = '7s'; set local statement_timeout = '90s'`);
          await write(trx, '1 before');
          expectToTell(await migrationError(example.change(org, trx, options)), example);
          expect((await trx.raw(TIMEOUTS)).rows).toEqual([{ lock: '7s', statement: '90s' }]);
          await write(trx, '2 after');
        });
      } finally {
        await release();
      }
      expect(await written()).toEqual(['1 before', '2 after']);
      expect(await state()).toEqual(before);
    },
  );

  it('is refused on a bare Knex, whose connection is back and clean', async () => {
    const release = await prepared(example);
    const before = await state();
    const one = connect({ pool: { max: 1 } });
    const { rows: settings } = await one.raw(SESSION);
    try {
      expectToTell(await migrationError(example.change(org, one, options)), example);
    } finally {
      await release();
    }
    // The same session, in the same state, without a transaction or a lock.
    expect((await one.raw(SESSION)).rows).toEqual(settings);
    expect(await state()).toEqual(before);
  });
});

const SESSION = `select pg_backend_pid() as pid, now() = statement_timestamp() as idle,
  (select count(*)::int from pg_locks where pid = pg_backend_pid() and locktype <> 'virtualxid'
    and (relation is null or relation::regclass::text !~ '^pg_')) as locks,
  array(select name || '=' || setting from pg_settings
    where name in ('lock_timeout', 'statement_timeout', 'search_path', 'transaction_isolation')) as settings`;

describe('a missing schema in withTenant', () => {
  it('is TENANT_NOT_FOUND, and the callback does not run', async () => {
    const callback = jest.fn();
    const error = await migrationError(withTenant(`${org}-missing`, db, callback, once));
    expect(error).toMatchObject({ code: 'TENANT_NOT_FOUND', org: `${org}-missing`, retryScope: 'none' });
    expect(error.message).toContain('Create it first');
    expect(callback).not.toHaveBeenCalled();
  });
});

describe('a lock that the transaction waits for', () => {
  const waiting: ChangeOptions = { ...once, lockTimeoutMs: 20 };

  it('can be cured by a new transaction alone where this one holds a strong lock', async () => {
    const release = await prepared({ ...(CASES['a table that another transaction has locked'] as Case) });
    try {
      await db.transaction(async (trx) => {
        await trx.raw('lock table ??.customer in share row exclusive mode', [org]);
        const error = await migrationError(addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, trx, waiting));
        expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', retryScope: 'transaction' });
      });
    } finally {
      await release();
    }
  });

  it('is tried for again from the savepoint where this one holds none', async () => {
    const release = await prepared({ ...(CASES['a table that another transaction has locked'] as Case) });
    let retries = 0;
    const onRetry = (): void => {
      retries += 1;
      void release();
    };
    await db.transaction(async (trx) => {
      await write(trx, 'before');
      const options = { ...waiting, lockTimeoutMs: 100, retry: { maxAttempts: 5, delayMs: 1, onRetry } };
      const result = await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, trx, options);
      expect(result.attempts).toBe(retries + 1);
      await write(trx, 'then');
    });
    expect(retries).toBeGreaterThan(0);
    expect(await written()).toEqual(['before', 'then']);
    expect(await columnsOf(db, org, 'invoice')).toEqual(['id', 'note', 'a']);
  });

  it('is that of the org where another transaction is changing the same tenant', async () => {
    await db.transaction(async (trx) => {
      await createModel(org, { table: 'a', fields: [id] }, trx, once);
      // A Knex of its own, as another process has: with this one, the call would be taken for a slip.
      const second = createModel(org, { table: 'b', fields: [id] }, connect(), waiting);
      expect(await migrationError(second)).toMatchObject({ code: 'LOCK_TIMEOUT', sqlState: '55P03', table: 'b' });
    });
    await createModel(org, { table: 'b', fields: [id] }, db, once);
    expect(await tablesOf(db, org)).toEqual(['a', 'b', 'customer', 'invoice', 'ledger']);
  });
});

describe('a role that may only read', () => {
  async function readOnly(): Promise<Knex> {
    const role = freshRole();
    await db.raw('create role ??; grant usage on schema ?? to ??; grant select on all tables in schema ?? to ??', [
      ...[role, org, role, org, role],
    ]);
    await db.raw('grant insert on ??.ledger to ??', [org, role]);
    return connect({
      pool: {
        afterCreate: (connection: { query(sql: string, done: (error?: Error) => void): void }, done: () => void) =>
          connection.query(`set role "${role}"`, done),
      },
    });
  }

  it.each([
    ['createModel', create('m', [{ name: 'a', type: 'Text', default: SECRET }]), 'm'],
    ['createModel with a reference', create('m', [id, referring({})]), 'm'],
    ['addFieldToModel', add('invoice', { name: 'a', type: 'Text', default: SECRET }), 'invoice'],
    ['dropFieldFromModel', drop('invoice', 'note'), 'invoice'],
  ])('is refused %s, and can go on', async (_what, change, table) => {
    const reader = await readOnly();
    const example: Case = {
      change,
      expected: { code: 'PERMISSION_DENIED', sqlState: '42501', table, retryScope: 'none' },
      says: /Connect as the owner of schema "org", or grant it CREATE there\.$/,
    };
    const before = await state();
    await reader.transaction(async (trx) => {
      await write(trx, '1 before');
      expectToTell(await migrationError(change(org, trx, once)), example);
      await write(trx, '2 after');
    });
    expectToTell(await migrationError(change(org, reader, once)), example);
    expect(await written()).toEqual(['1 before', '2 after']);
    expect(await state()).toEqual(before);
  });

  it('is refused createTenant', async () => {
    const error = await migrationError(createTenant(freshOrg(), await readOnly(), once));
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', sqlState: '42501', retryScope: 'none' });
  });
});

describe('a session that may only read', () => {
  it.each([
    ['createModel', create('m', [id])],
    ['addFieldToModel', add('invoice', { name: 'a', type: 'Text', default: SECRET })],
    ['dropFieldFromModel', drop('invoice', 'note')],
  ])('is refused %s, and can go on reading', async (_what, change) => {
    const reader = connect({ connection: { options: '-c default_transaction_read_only=on' } });
    const example: Case = {
      change,
      expected: { code: 'READ_ONLY_SERVER', sqlState: '25006', retryScope: 'connection' },
      says: /the session is read-only/,
    };
    await reader.transaction(async (trx) => {
      expectToTell(await migrationError(change(org, trx, once)), example);
      expect(await trx('invoice').withSchema(org).pluck('id')).toEqual([1]);
    });
    expectToTell(await migrationError(change(org, reader, once)), example);
    await withTenant(
      org,
      reader,
      async (tenant) => {
        expectToTell(await migrationError(change(org, tenant, once)), example);
        expect(await tenant('invoice').pluck('id')).toEqual([1]);
      },
      once,
    );
    expect(await columnsOf(db, org, 'invoice')).toEqual(['id', 'note']);
  });
});

describe('a default of a megabyte', () => {
  const text = `${SECRET} ? ' \\ `.repeat(60_000);
  const field: FieldSpec = { name: 'a', type: 'Text', default: text };

  it('is stored byte for byte with a model', async () => {
    await createModel(org, { table: 'm', fields: [field] }, db, once);
    const { rows } = await db.raw('insert into ??.m default values returning a', [org]);
    expect(rows).toEqual([{ a: text }]);
  });

  it('is refused where a row would have to be kept in the catalog, and is not in the message', async () => {
    for (const [table, expected] of [
      ['missing', { code: 'MODEL_NOT_FOUND' }],
      ['invoice', { code: 'DATABASE_ERROR', sqlState: '54000', retryScope: 'none' }],
    ] as const) {
      const error = await migrationError(addFieldToModel(org, table, field, db, once));
      expect(error).toMatchObject(expected);
      expect(error.message.length).toBeLessThan(400);
      expect(inspect(error, { depth: 20, showHidden: true, maxStringLength: null })).not.toContain(SECRET);
    }
    expect(await columnsOf(db, org, 'invoice')).toEqual(['id', 'note']);
  });
});

describe('a server that is not there', () => {
  it('is CONNECTION_LOST, which another attempt can cure', async () => {
    const nowhere = connect({
      log: { warn: () => undefined },
      connection: { connectionString: 'postgres://nobody@127.0.0.1:1/nothing' },
    });
    for (const refused of [
      createModel(org, { table: 'm', fields: [id] }, nowhere, once),
      withTenant(org, nowhere, async () => {}, once),
    ]) {
      expect(await migrationError(refused)).toMatchObject({ code: 'CONNECTION_LOST', org, retryScope: 'connection' });
    }
  });
});

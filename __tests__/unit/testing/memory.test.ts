// What a service's own unit tests can do without a server; and what they can't, each with a test that says so.
import type { Knex } from 'knex';
import { newDb } from 'pg-mem';
import {
  addFieldToModel,
  addIndex,
  addKey,
  addReference,
  alterField,
  applyChange,
  createModel,
  createModels,
  createTenant,
  dropFieldFromModel,
  dropIndex,
  dropModel,
  dropKey,
  dropReference,
  dropTenant,
  renameTenant,
  MigrationError,
  renameField,
  renameModel,
  type ErrorCode,
  type ModelSpec,
  type FieldSpec,
  withTenant,
} from '../../../lib';
import { memoryTenant } from '../../../lib/testing';
import { EVERY_TYPE } from '../../support/type-samples';
import { quiet } from '../../support/log';
import { rejection } from '../../support/rejection';

const ORG = 'acme-corp';
const ID = { name: 'id', type: 'String' } as const;
const INVOICE = {
  table: 'invoice',
  fields: [ID, { name: 'name', type: 'String', nullable: false }, { name: 'amount', type: 'Float', default: 0 }],
} as const;
const to = (table: string, column = 'id') => ({ schema: ORG, table, column, onDelete: 'CASCADE' }) as const;

const open: Knex[] = [];
afterEach(() => Promise.all(open.splice(0).map((db) => db.destroy())));

function opened<D extends Knex>(db: D): D {
  open.push(db);
  return db;
}

/** What pg-mem gives by itself, with the schema of a tenant. */
async function plain(): Promise<Knex> {
  const db = opened(newDb().adapters.createKnex() as Knex);
  await createTenant(ORG, db, options);
  return db;
}

const options = { logger: quiet };
const memory = () => opened(memoryTenant(ORG, options));

const KINDS = [
  ['a plain createKnex()', plain],
  ['memoryTenant', async (): Promise<Knex> => memory()],
] as const;

describe.each(KINDS)('on %s', (_kind, begin) => {
  let db: Knex;
  beforeEach(async () => (db = await begin()));

  const rows = (table: string): Knex.QueryBuilder => db.withSchema(ORG).from(table);
  const create = (model: Parameters<typeof createModel>[1]) => createModel(ORG, model, db, options);
  const add = (table: string, field: FieldSpec) => addFieldToModel(ORG, table, field, db, options);
  const drop = (table: string, column: string) => dropFieldFromModel(ORG, table, column, db, options);

  it('the three operations run, and say what they did', async () => {
    expect(await create(INVOICE)).toEqual({
      org: ORG,
      changes: [{ kind: 'createModel', ...INVOICE }],
      statements: [
        'create table "acme-corp"."invoice" ("id" varchar(100) not null, "name" varchar(100) not null, "amount" double precision default 0, constraint "invoice_pkey_66ebf28520ac" primary key ("id"))',
      ],
      attempts: 1,
      durationMs: expect.any(Number),
    });
    await rows('invoice').insert({ id: '1', name: 'first' });

    const status = { name: 'status', type: 'String', nullable: true, default: 'draft' } as const;
    expect(await add('invoice', status)).toMatchObject({
      statements: [`alter table "acme-corp"."invoice" add column "status" varchar(100) default 'draft'`],
      changes: [{ kind: 'addField', table: 'invoice', field: status }],
    });
    await rows('invoice').insert({ id: '2', name: 'second', amount: 1.5 });
    expect(await rows('invoice').orderBy('id')).toEqual([
      { id: '1', name: 'first', amount: 0, status: 'draft' },
      { id: '2', name: 'second', amount: 1.5, status: 'draft' },
    ]);

    expect(await drop('invoice', 'name')).toMatchObject({
      statements: ['alter table "acme-corp"."invoice" drop column "name"'],
    });
    await rows('invoice').insert({ id: '3' });
    expect(await rows('invoice').where({ id: '3' })).toEqual([{ id: '3', amount: 0, status: 'draft' }]);
    await expect(rows('invoice').insert({ id: '4', name: 'n' })).rejects.toThrow(/name/);
  });

  it('keys, uniques, indexes, checks, comments and references are made', async () => {
    await create({
      table: 'invoice',
      comment: "it's why?",
      fields: [
        { name: 'number', type: 'Int', primaryKey: true, comment: 'a?' },
        { name: 'year', type: 'Int', primaryKey: true },
        { name: 'code', type: 'String', unique: true },
        { name: 'state', type: 'Enum', values: ['draft', "it's"], default: 'draft' },
      ],
      indexes: [{ columns: ['code', 'state'] }, { columns: ['state', 'year', 'number'], unique: true, name: 'mine' }],
    });
    const keys = {
      columns: ['number', 'year'],
      references: { schema: ORG, table: 'invoice', columns: ['number', 'year'], onDelete: 'CASCADE' },
    } as const;
    await create({
      table: 'line',
      fields: [
        ID,
        { name: 'number', type: 'Int' },
        { name: 'year', type: 'Int' },
        { name: 'parent', type: 'String', references: to('line') },
      ],
      foreignKeys: [keys],
    });
    await rows('invoice').insert({ number: 1, year: 2024, code: 'a' });
    await rows('line').insert({ id: '1', number: 1, year: 2024 });
    await rows('line').insert({ id: '2', parent: '1' });

    await expect(rows('invoice').insert({ number: 1, year: 2024, code: 'b' })).rejects.toThrow(/unique|duplicate/);
    await expect(rows('invoice').insert({ number: 2, year: 2024, code: 'a' })).rejects.toThrow(/unique|duplicate/);
    await expect(rows('invoice').insert({ number: 2, year: 2024, state: 'sent' })).rejects.toThrow(/check constraint/);
    await expect(rows('invoice').insert({ number: null, year: 2024 })).rejects.toThrow(/null/);
    await expect(rows('line').insert({ id: '3', number: 9, year: 9 })).rejects.toThrow(/foreign key/);
    await rows('invoice').insert({ number: 2, year: 2024, state: "it's" });
    await rows('invoice').where({ number: 1 }).delete();
    expect(await rows('line').where({ id: '1' })).toEqual([]);
    await rows('line').insert([{ id: '4' }, { id: '5', parent: '4' }]);
    await rows('line').where({ id: '4' }).delete();
    expect(await rows('line').where({ id: '5' })).toEqual([]);
  });

  it('a field that is added holds for the rows that are there', async () => {
    await create({ table: 'invoice', fields: [ID] });
    await rows('invoice').insert([{ id: '1' }, { id: '2' }]);
    await add('invoice', { name: 'state', type: 'Enum', values: ['draft', 'sent'], default: 'draft', nullable: false });
    await add('invoice', { name: 'code', type: 'String', unique: true });
    const first = { id: '1', state: 'draft', code: null };
    expect(await rows('invoice').orderBy('id')).toEqual([first, { ...first, id: '2' }]);
    await rows('invoice').insert({ id: '3', code: 'a' });
    await expect(rows('invoice').insert({ id: '4', code: 'a' })).rejects.toThrow(/unique|duplicate/);
  });

  it('a reference that is added with the field holds', async () => {
    await create(INVOICE);
    await create({ table: 'line', fields: [ID] });
    await add('line', { name: 'invoice', type: 'String', references: to('invoice') });
    await expect(rows('line').insert({ id: '1', invoice: 'nowhere' })).rejects.toThrow(/foreign key/);
    await rows('invoice').insert({ id: 'a', name: 'n' });
    await rows('line').insert({ id: '1', invoice: 'a' });
  });

  const ERRORS: readonly (readonly [string, () => Promise<unknown>, ErrorCode, object])[] = [
    ['a schema that is there', () => createTenant(ORG, db, options), 'TENANT_EXISTS', {}],
    ['a model that is there', () => create({ table: 'invoice', fields: [ID] }), 'MODEL_EXISTS', { table: 'invoice' }],
    [
      'a field that is there',
      () => add('invoice', { name: 'amount', type: 'Int' }),
      'FIELD_EXISTS',
      { table: 'invoice', column: 'amount' },
    ],
    ['a field on no model', () => add('nowhere', { name: 'a', type: 'Int' }), 'MODEL_NOT_FOUND', { table: 'nowhere' }],
    [
      'a field that is not there',
      () => drop('invoice', 'nothing'),
      'FIELD_NOT_FOUND',
      { table: 'invoice', column: 'nothing' },
    ],
    ['a field of no model', () => drop('nowhere', 'a'), 'MODEL_NOT_FOUND', { table: 'nowhere' }],
    [
      'a reference to no model',
      () => create({ table: 'line', fields: [ID, { name: 'a', type: 'String', references: to('nowhere') }] }),
      'REFERENCE_NOT_FOUND',
      { table: 'line' },
    ],
    [
      'a reference to no field',
      () =>
        create({ table: 'line', fields: [ID, { name: 'a', type: 'String', references: to('invoice', 'nothing') }] }),
      'REFERENCE_NOT_FOUND',
      { table: 'line' },
    ],
    [
      'an added reference to no model',
      () => add('invoice', { name: 'a', type: 'String', references: to('nowhere') }),
      'REFERENCE_NOT_FOUND',
      { table: 'invoice', column: 'a' },
    ],
    [
      'a unique field with a default, on rows',
      () => add('invoice', { name: 'a', type: 'Int', unique: true, default: 1 }),
      'UNIQUE_VIOLATION',
      { table: 'invoice', column: 'a' },
    ],
    [
      'a field that is not nullable, on rows',
      () => add('invoice', { name: 'a', type: 'Int', nullable: false }),
      'NOT_NULL_VIOLATION',
      { table: 'invoice', column: 'a' },
    ],
  ];

  it.each(ERRORS)('%s is told by its code and its place', async (_what, run, code, place) => {
    await create(INVOICE);
    await rows('invoice').insert([
      { id: '1', name: 'n' },
      { id: '2', name: 'n' },
    ]);
    const error = (await rejection(run())) as MigrationError;
    expect(error).toBeInstanceOf(MigrationError);
    const { table, column } = error;
    expect({ code: error.code, org: error.org, retryScope: error.retryScope, table, column }).toEqual({
      code,
      org: ORG,
      retryScope: 'none',
      table: undefined,
      column: undefined,
      ...place,
    });
    expect(error.cause).toBeInstanceOf(Error);
    // What is wrong and where; pg-mem's own pages of advice are none of the message.
    expect(error.message).toContain(ORG);
    expect(error.message).not.toMatch(/pg-mem|\n|undefined|\[object|""/);
  });

  it('a change of a tenant whose schema is not there is TENANT_NOT_FOUND', async () => {
    const bare = opened(newDb().adapters.createKnex() as Knex);
    const error = await rejection(createModel('nobody', { table: 'invoice', fields: [ID] }, bare, options));
    expect({ ...(error as MigrationError) }).toEqual({
      name: 'MigrationError',
      code: 'TENANT_NOT_FOUND',
      org: 'nobody',
      retryScope: 'none',
    });
  });

  it('a spec is refused as on a server, before anything is sent', async () => {
    const queries: unknown[] = [];
    db.on('query', (query) => queries.push(query));
    await expect(create({ table: 'a.b', fields: [] })).rejects.toMatchObject({ code: 'INVALID_IDENTIFIER' });
    await expect(applyChange(ORG, { kind: 'nothing' } as never, db, options)).rejects.toMatchObject({
      code: 'INVALID_SPEC',
    });
    expect(queries).toEqual([]);
  });

  it('withTenant hands out a transaction whose tables are the org’s, with org and model', async () => {
    const value = await withTenant(
      ORG,
      db,
      async (tenant) => {
        expect([tenant.org, tenant.model, tenant.isTransaction]).toEqual([ORG, 'invoice', true]);
        await createModel(ORG, INVOICE.fields, tenant);
        await tenant('invoice').insert({ id: '1', name: 'n' });
        return tenant('invoice').first();
      },
      { ...options, model: 'invoice' },
    );
    expect(value).toEqual({ id: '1', name: 'n', amount: 0 });
    expect(await rows('invoice')).toHaveLength(1);
  });

  it('withTenant throws what the callback threw, as it is, and runs it once', async () => {
    const error = new Error('mine');
    const callback = jest.fn().mockRejectedValue(error);
    expect(await rejection(withTenant(ORG, db, callback, options))).toBe(error);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('withTenant takes a function that finds the Knex of an org', async () => {
    const resolve = jest.fn(async () => db);
    expect(await withTenant(ORG, resolve, async (tenant) => tenant.org, options)).toBe(ORG);
    expect(resolve.mock.calls).toEqual([[ORG]]);
  });

  it('a change for another org than the tenant’s is a TENANT_MISMATCH', async () => {
    const error = await rejection(
      withTenant(ORG, db, (tenant) => createModel('globex', INVOICE, tenant, options), options),
    );
    expect(error).toMatchObject({ code: 'TENANT_MISMATCH', org: 'globex' });
  });
});

describe('memoryTenant', () => {
  it('is a tenant: its tables are the org’s, as `tenant(table)`', async () => {
    const tenant = memory();
    expect([tenant.org, tenant.model]).toEqual([ORG, undefined]);
    await createModel(ORG, INVOICE, tenant);
    await tenant('invoice').insert({ id: '1', name: 'n' });
    expect(await tenant('invoice').select()).toEqual([{ id: '1', name: 'n', amount: 0 }]);
    expect(await tenant('invoice').where({ id: '1' }).update({ amount: 2 })).toBe(1);
    expect(await tenant.from('invoice').first()).toEqual({ id: '1', name: 'n', amount: 2 });
    expect(await tenant('invoice as i').where('i.id', '1').first('i.amount')).toEqual({ amount: 2 });
    expect(await tenant('invoice').delete()).toBe(1);
  });

  it('names the model of a list of fields', async () => {
    const tenant = opened(memoryTenant(ORG, { ...options, model: 'invoice' }));
    expect(tenant.model).toBe('invoice');
    expect((await createModel(ORG, INVOICE.fields, tenant)).changes).toEqual([{ kind: 'createModel', ...INVOICE }]);
    const error = await rejection(createModel(ORG, INVOICE.fields, memory()));
    expect(error).toMatchObject({
      code: 'INVALID_SPEC',
      org: ORG,
      message:
        "A list of fields needs the model's name: give createModel { table, fields }, or withTenant the option model.",
    });
  });

  it('takes the options of a tenant, which its changes inherit', async () => {
    const tenant = opened(memoryTenant(ORG, { ...options, sharedSchemas: [] }));
    const references = { schema: 'public', table: 't', column: 'id', onDelete: 'CASCADE' } as const;
    const model = { table: 'invoice', fields: [ID, { name: 'a', type: 'String', references }] } as const;
    expect(await rejection(createModel(ORG, model, tenant))).toMatchObject({ code: 'CROSS_TENANT_REFERENCE' });
    expect(() => memoryTenant(ORG, { lockTimeoutMs: 0 })).toThrow('options.lockTimeoutMs');
    expect(() => memoryTenant(ORG, { lockTimeout: 1 } as never)).toThrow('options.lockTimeout: unknown key');
  });

  it('refuses what is no org', () => {
    expect(() => memoryTenant('public')).toThrow(expect.objectContaining({ code: 'INVALID_IDENTIFIER' }));
  });

  it('knows the org of another tenant from its own', async () => {
    expect(await rejection(createModel('globex', INVOICE, memory()))).toMatchObject({ code: 'TENANT_MISMATCH' });
  });

  it('is made in a database of the caller’s, with what else is there', async () => {
    const db = newDb({ noAstCoverageCheck: true });
    db.public.none("create table country (code text primary key); insert into country values ('de')");
    const tenant = opened(memoryTenant(ORG, { ...options, db }));
    const references = { schema: 'public', table: 'country', column: 'code', onDelete: 'RESTRICT' } as const;
    await createModel(ORG, { table: 'customer', fields: [ID, { name: 'country', type: 'Text', references }] }, tenant);
    await tenant('customer').insert({ id: '1', country: 'de' });
    await expect(tenant('customer').insert({ id: '2', country: 'xx' })).rejects.toThrow(/foreign key/);
    expect(db.getSchema(ORG).many('select id from customer')).toEqual([{ id: '1' }]);
  });

  it('has the references of models, fields and changes, and drops them', async () => {
    const tenant = memory();
    const references = { table: 'customer', columns: ['id'], onUpdate: 'CASCADE', deferrable: 'deferred' } as const;
    await createModels(
      ORG,
      [
        { table: 'customer', fields: [ID] },
        {
          table: 'invoice',
          fields: [ID, { name: 'customer_id', type: 'String', references: { table: 'customer', column: 'id' } }],
        },
      ],
      tenant,
    );
    const orphan = { id: '1', customer_id: 'nobody' };
    await expect(tenant('invoice').insert(orphan)).rejects.toThrow(/foreign key/);
    const again = await rejection(addReference(ORG, 'invoice', { columns: ['customer_id'], references }, tenant));
    expect(again).toMatchObject({ code: 'REFERENCE_EXISTS', table: 'invoice' });
    await dropReference(ORG, 'invoice', ['customer_id'], tenant);
    expect(await rejection(dropReference(ORG, 'invoice', ['customer_id'], tenant))).toMatchObject({
      code: 'REFERENCE_NOT_FOUND',
      table: 'invoice',
    });
    await addReference(ORG, 'invoice', { columns: ['customer_id'], references }, tenant);
    await expect(tenant('invoice').insert(orphan)).rejects.toThrow(/foreign key/);
    await dropReference(ORG, 'invoice', ['customer_id'], tenant);
    await tenant('invoice').insert(orphan);
  });

  it('make and drop the key of a table', async () => {
    const tenant = memory();
    await createModel(ORG, { table: 'reading', fields: [{ name: 'number', type: 'Int' }] }, tenant);
    await addKey(ORG, 'reading', ['number'], tenant);
    await tenant('reading').insert({ number: 1 });
    await expect(tenant('reading').insert({ number: 1 })).rejects.toMatchObject({ code: '23505' });
    await dropKey(ORG, 'reading', tenant);
    await tenant('reading').insert({ number: 1 });
  });

  it('has indexes of every kind, for what they refuse', async () => {
    const tenant = memory();
    const indexes: ModelSpec['indexes'] = [
      { columns: [{ column: 'email', lower: true }], unique: true, where: [{ column: 'deleted', equals: false }] },
      { columns: ['data'], method: 'gin' },
      { columns: ['email'], method: 'hash' },
      {
        columns: [{ column: 'id', order: 'desc', operatorClass: 'text_pattern_ops' }],
        include: ['email'],
        name: 'latest',
      },
    ];
    const fields: ModelSpec['fields'] = [
      ID,
      { name: 'email', type: 'Text' },
      { name: 'data', type: 'Json' },
      { name: 'deleted', type: 'Boolean', default: false },
    ];
    await createModel(ORG, { table: 'person', fields, indexes }, tenant);
    await tenant('person').insert({ id: '1', email: 'A@b' });
    await expect(tenant('person').insert({ id: '2', email: 'a@B' })).rejects.toThrow(/duplicate key/);
    await tenant('person').insert({ id: '3', email: 'a@b', deleted: true });
    await dropIndex(ORG, 'person', 'latest', tenant);
    const alike = addIndex(ORG, 'person', { columns: ['email'], unique: true, nullsNotDistinct: true }, tenant);
    expect(await rejection(alike)).toMatchObject({ code: 'UNSUPPORTED_DATABASE', table: 'person' });
  });

  it('counts an identity', async () => {
    const tenant = memory();
    await createModel(
      ORG,
      {
        table: 'ticket',
        fields: [
          { name: 'id', type: 'Int', identity: true },
          { name: 'a', type: 'Int' },
        ],
      },
      tenant,
    );
    await tenant('ticket').insert({ a: 1 });
    await tenant('ticket').insert({ a: 2 });
    expect(await tenant('ticket').pluck('id')).toEqual([1, 2]);
  });

  it('is empty each time', async () => {
    await createModel(ORG, INVOICE, memory());
    await createModel(ORG, INVOICE, memory());
  });

  it('has the default of every type', async () => {
    const tenant = memory();
    await createModel(ORG, { table: 'sample', fields: [ID, ...EVERY_TYPE] }, tenant);
    await tenant('sample').insert({ id: '1' });
    expect(await tenant('sample').first()).toEqual({
      id: '1',
      string: "it's a string?",
      string_20: '',
      text: 'zażółć 請求 🧾',
      small_int: -(2 ** 15),
      int: 2 ** 31 - 1,
      // pg-mem keeps bigint in JavaScript's numbers.
      big_int: '9007199254740993',
      float: -1.5e-300,
      decimal: '0.1',
      decimal_12_2: '99.95',
      decimal_5: '-12345',
      boolean: false,
      date_time: new Date('2024-02-29T23:59:59.999Z'),
      date: '2024-02-29',
      time: '23:59:59.999999',
      json: { a: [1, null, "it's"] },
      uuid: '00000000-0000-4000-8000-000000000000',
      bytes: Buffer.from([0, 255]),
      enum: 'draft',
    });
  });

  it('computes the defaults that are functions, for each row anew', async () => {
    const tenant = memory();
    const fields = [
      ID,
      { name: 'key', type: 'Uuid', default: { fn: 'uuid' } },
      { name: 'at', type: 'DateTime', default: { fn: 'now' } },
      { name: 'day', type: 'Date', default: { fn: 'now' } },
      { name: 'time', type: 'Time', default: { fn: 'now' } },
    ] as const;
    await createModel(ORG, { table: 'sample', fields }, tenant);
    await tenant('sample').insert([{ id: '1' }, { id: '2' }]);
    const [first, second] = await tenant('sample').orderBy('id');
    expect(first.key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(second.key).not.toBe(first.key);
    expect(first.at).toBeInstanceOf(Date);
    expect(first.day.toISOString()).toMatch(/T00:00:00\.000Z$/);
    expect(first.time).toMatch(/^\d\d:\d\d:\d\d/);
  });

  it("has the functions that a service's own SQL calls", async () => {
    const { rows } = await memory().raw(`select version() as version, hashtextextended('acme', 0) as hash,
      gen_random_uuid() as uuid, decode('AP8=', 'base64') as bytes, pg_advisory_xact_lock(7) as locked`);
    expect(rows).toEqual([
      {
        version: expect.stringMatching(/^PostgreSQL \d/),
        hash: expect.any(Number),
        uuid: expect.any(String),
        bytes: Buffer.from([0, 255]),
        locked: null,
      },
    ]);
  });
});

describe('what pg-mem can not do', () => {
  it('undo: what a transaction did before it failed stays', async () => {
    const tenant = memory();
    await rejection(
      withTenant(
        ORG,
        tenant,
        async (trx) => {
          await createModel(ORG, INVOICE, trx);
          throw new Error('mine');
        },
        options,
      ),
    );
    expect(await tenant('invoice')).toEqual([]);
  });

  it('forget what a row holds in a field that is dropped', async () => {
    const tenant = memory();
    await createModel(ORG, INVOICE, tenant);
    await tenant('invoice').insert({ id: '1', name: 'n' });
    await dropFieldFromModel(ORG, 'invoice', 'name', tenant);
    expect(await tenant('invoice').where({ id: '1' })).toEqual([{ id: '1', amount: 0, name: 'n' }]);
  });

  it('know that an org has no schema before its first change', async () => {
    const db = await plain();
    expect(await withTenant('nobody', db, async () => 'it ran', options)).toBe('it ran');
  });

  it('drop a schema', async () => {
    const error = await rejection(dropTenant(ORG, memory(), { confirm: ORG, ...options }));
    expect(error).toMatchObject({
      code: 'INVALID_SPEC',
      message: 'pg-mem cannot drop a schema: use a new database for each test.',
    });
  });

  it('rename a schema', async () => {
    const error = await rejection(renameTenant(ORG, 'other', memory(), options));
    expect(error).toMatchObject({
      code: 'UNSUPPORTED_DATABASE',
      message: 'pg-mem cannot rename a schema, and nothing was changed. Test renameTenant on a PostgreSQL server.',
    });
  });

  it('create a model without fields', async () => {
    const error = await rejection(createModel(ORG, { table: 'empty', fields: [] }, memory(), options));
    expect(error).toMatchObject({ code: 'DATABASE_ERROR', message: expect.stringContaining('failed to parse') });
  });

  it.each([{ type: 'Int' }, { length: 20 }, { precision: 8 }] as const)('change a type: %j is refused', async (set) => {
    const tenant = memory();
    await createModel(ORG, INVOICE, tenant);
    for (const from of [undefined, { type: 'String' } as const]) {
      if (from !== undefined && 'precision' in set) continue;
      const change = { kind: 'alterField', table: 'invoice', column: 'name', set, ...(from && { from }) } as const;
      const error = await rejection(applyChange(ORG, change, tenant));
      expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE', table: 'invoice' });
    }
  });

  it('refuse a name of 64 bytes by itself: it is refused before', async () => {
    const tenant = memory();
    await tenant.raw(`create table "${'x'.repeat(64)}" (id text)`);
    expect(await rejection(createModel(ORG, { table: 'x'.repeat(64), fields: [ID] }, tenant))).toMatchObject({
      code: 'INVALID_IDENTIFIER',
    });
  });

  it.each<[string, FieldSpec]>([
    ['a Decimal with a precision', { name: 'a', type: 'Decimal', precision: 5, scale: 2 }],
    ['a uuid made by the server', { name: 'a', type: 'Uuid', default: { fn: 'uuid' } }],
    ['bytes', { name: 'a', type: 'Bytes', default: { base64: 'AP8=' } }],
  ])('%s, on a plain Knex; memoryTenant can', async (_what, field) => {
    const model = { table: 'sample', fields: [ID, field] };
    expect(await rejection(createModel(ORG, model, await plain(), options))).toMatchObject({ code: 'DATABASE_ERROR' });
    expect(await createModel(ORG, model, memory())).toMatchObject({ org: ORG });
  });
});

describe('memoryTenant, as a server', () => {
  const STATE = { name: 'state', type: 'Enum', values: ['draft', "it's", 'a\\'], default: 'draft' } as const;
  const insert = (tenant: Knex, row: object, table = 'invoice') => tenant(table).insert(row);

  it.each(["it's \\ ok", 'why\\?', 'a\\\tb', 'C:\\x', '\\', "\\'?", '?'])(
    'keeps the default %j as given',
    async (value) => {
      for (const add of [false, true]) {
        const tenant = memory();
        const field = { name: 'a', type: 'Text', default: value } as const;
        await createModel(ORG, { table: 'invoice', fields: add ? [ID] : [ID, field] }, tenant);
        if (add) await addFieldToModel(ORG, 'invoice', field, tenant);
        await insert(tenant, { id: '1' });
        expect(await tenant('invoice').first()).toEqual({ id: '1', a: value });
      }
    },
  );

  it('holds an Enum to its values: created, added, renamed, with its table renamed, with other values', async () => {
    for (const added of [false, true]) {
      const tenant = memory();
      await createModel(ORG, { table: 'invoice', fields: added ? [ID] : [ID, STATE] }, tenant);
      if (added) await addFieldToModel(ORG, 'invoice', STATE, tenant);
      await insert(tenant, { id: '1', state: 'a\\' });
      await expect(insert(tenant, { id: '2', state: 'no' })).rejects.toThrow(/check constraint/);
      await renameField(ORG, 'invoice', 'state', 'status', tenant);
      await insert(tenant, { id: '2', status: "it's" });
      await expect(insert(tenant, { id: '3', status: 'no' })).rejects.toThrow(/check constraint/);
      await renameModel(ORG, 'invoice', 'bill', tenant);
      await insert(tenant, { id: '3', status: 'draft' }, 'bill');
      await expect(insert(tenant, { id: '4', status: 'no' }, 'bill')).rejects.toThrow(/check constraint/);
      await alterField(ORG, 'bill', 'status', { values: ['draft', "it's", 'a\\', 'paid'] }, tenant);
      await insert(tenant, { id: '4', status: 'paid' }, 'bill');
      await expect(insert(tenant, { id: '5', status: 'no' }, 'bill')).rejects.toThrow(/check constraint/);
      const error = await rejection(alterField(ORG, 'bill', 'status', { values: ['draft'] }, tenant));
      expect(error).toMatchObject({ code: 'CHECK_VIOLATION', table: 'bill' });
    }
  });

  it('forgets the values of an Enum that is dropped', async () => {
    const tenant = memory();
    await createModel(ORG, { table: 'invoice', fields: [ID, STATE] }, tenant);
    await dropFieldFromModel(ORG, 'invoice', 'state', tenant);
    await insert(tenant, { id: '1' });
    await addFieldToModel(ORG, 'invoice', { ...STATE, type: 'Text', values: undefined } as never, tenant);
    await insert(tenant, { id: '2', state: 'anything' });
    expect(await tenant('invoice').where({ id: '2' }).first()).toEqual({ id: '2', state: 'anything' });
  });

  it('shows an added field by the key as by a scan', async () => {
    const tenant = memory();
    await createModel(ORG, { table: 'invoice', fields: [ID] }, tenant);
    await insert(tenant, { id: '1' });
    await addFieldToModel(ORG, 'invoice', { name: 'note', type: 'Text', default: 'n' }, tenant);
    await addFieldToModel(ORG, 'invoice', { name: 'more', type: 'Int' }, tenant);
    const row = { id: '1', note: 'n', more: null };
    expect([await tenant('invoice').first(), await tenant('invoice').where({ id: '1' }).first()]).toEqual([row, row]);
  });

  it('keeps the digits of a BigInt, the range of an Int and the scale of a Decimal', async () => {
    const tenant = memory();
    const fields = [
      ID,
      { name: 'big', type: 'BigInt', default: 9007199254740993n },
      { name: 'int', type: 'Int' },
      { name: 'price', type: 'Decimal', precision: 12, scale: 2 },
    ] as const;
    await createModel(ORG, { table: 'invoice', fields: [...fields] }, tenant);
    for (const [index, [price, kept]] of [
      ['1.239', 1.24],
      [1.005, 1.01],
      [-2.675, -2.68],
      [7, 7],
    ].entries()) {
      await insert(tenant, { id: String(index), price });
      expect(
        await tenant('invoice')
          .where({ id: String(index) })
          .first(),
      ).toMatchObject({ price: kept, big: '9007199254740993' });
    }
    await expect(insert(tenant, { id: 'x', int: 2 ** 31 })).rejects.toMatchObject({ code: '22003' });
    await insert(tenant, { id: 'least', int: -(2 ** 31) });
    await renameField(ORG, 'invoice', 'int', 'count', tenant);
    await expect(insert(tenant, { id: 'x', count: 2 ** 31 })).rejects.toMatchObject({ code: '22003' });
  });

  it('keeps the org in transactions, and in those within them', async () => {
    const tenant = memory();
    await createModel(ORG, { table: 'invoice', fields: [ID] }, tenant);
    await tenant.transaction(async (trx) => {
      await trx('invoice').insert({ id: '1' });
      await trx.transaction(async (inner) => void (await inner('invoice').insert({ id: '2' })));
      expect(await rejection(createModel('globex', INVOICE, trx))).toMatchObject({ code: 'TENANT_MISMATCH' });
    });
    const trx = await tenant.transaction();
    await trx('invoice').insert({ id: '3' });
    await trx.commit();
    expect(await tenant('invoice').pluck('id')).toEqual(['1', '2', '3']);
  });

  it('logs nothing into the output of a test, unless a logger is given', async () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      await createModel(ORG, INVOICE, opened(memoryTenant(ORG)));
      expect(write).not.toHaveBeenCalled();
    } finally {
      write.mockRestore();
    }
  });

  const model = {
    table: 'invoice',
    fields: [ID, { name: 'a', type: 'Int' }, { name: 'b', type: 'Int' }],
    indexes: [{ columns: ['a', 'b'], name: 'ab' }],
  } as const;
  const line = { table: 'line', fields: [ID, { name: 'invoice', type: 'String', references: to('invoice') }] } as const;

  it.each<[string, (tenant: Knex) => Promise<unknown>, ErrorCode, object]>([
    [
      'renameField to a name that is taken',
      (t) => renameField(ORG, 'invoice', 'a', 'b', t),
      'FIELD_EXISTS',
      { column: 'b' },
    ],
    ['renameField of none', (t) => renameField(ORG, 'invoice', 'no', 'x', t), 'FIELD_NOT_FOUND', { column: 'no' }],
    [
      'alterField of none',
      (t) => alterField(ORG, 'invoice', 'no', { nullable: false }, t),
      'FIELD_NOT_FOUND',
      { column: 'no' },
    ],
    ['renameModel to a name that is taken', (t) => renameModel(ORG, 'invoice', 'line', t), 'MODEL_EXISTS', {}],
    ['dropIndex of none', (t) => dropIndex(ORG, 'invoice', 'no', t), 'INDEX_NOT_FOUND', {}],
    ['dropModel that another refers to', (t) => dropModel(ORG, 'invoice', t), 'DEPENDENT_OBJECTS', {}],
    [
      'dropField of an index over others',
      (t) => dropFieldFromModel(ORG, 'invoice', 'a', t),
      'DEPENDENT_OBJECTS',
      { column: 'a' },
    ],
  ])('%s is told by its code', async (_what, run, code, place) => {
    const tenant = memory();
    await createModel(ORG, model, tenant);
    await createModel(ORG, line, tenant);
    const error = (await rejection(run(tenant))) as MigrationError;
    expect(error).toMatchObject({ code, org: ORG, table: 'invoice', ...place });
    expect(error.message).not.toMatch(/pg-mem|\n|undefined|""/);
  });

  it('drops an index over others with a field, where cascade names it', async () => {
    const tenant = memory();
    await createModel(ORG, model, tenant);
    await dropFieldFromModel(ORG, 'invoice', 'a', tenant, { cascade: ['ab'] });
    await insert(tenant, { id: '1', b: 2 });
    expect(await tenant('invoice').first()).toEqual({ id: '1', b: 2 });
  });
});

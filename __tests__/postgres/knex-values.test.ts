// What knex's schema builder does to values, row by row, and what is stored here instead. Each test is red when the
// value goes through knex as it is.
import type { Knex } from 'knex';
import { addFieldToModel, createModel, planChange, type Change, type FieldSpec, type ModelSpec } from '../../lib';
import { columnsOf, readTable, tablesOf } from '../support/catalog';
import { expectedDefault, insertedDefaults } from '../support/defaults';
import { connect } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();
const INJECTION = `'); drop table "victim" cascade; --`;

beforeEach(async () => {
  await db.raw('create table ??.victim (id int)', [org]);
});

/** Creates models of these fields, and adds them one by one, in a transaction and out of one; all have the defaults. */
async function expectStored(...fields: FieldSpec[]): Promise<void> {
  const tables = ['created', 'created_in_transaction', 'altered', 'altered_in_transaction'];
  const create = async (tenant: Knex, suffix: string): Promise<void> => {
    await createModel(org, { table: `created${suffix}`, fields }, tenant, options);
    await createModel(org, { table: `altered${suffix}`, fields: [] }, tenant, options);
    for (const field of fields) await addFieldToModel(org, `altered${suffix}`, field, tenant, options);
  };
  await create(db, '');
  await db.transaction((trx) => create(trx, '_in_transaction'));
  const expected = Object.fromEntries(fields.map((field) => [field.name, expectedDefault(field)]));
  for (const table of tables) expect(await insertedDefaults(db, org, table, fields)).toEqual(expected);
  expect(await tablesOf(db, org)).toEqual([...tables, 'victim'].sort());
}

/** Expects both operations to refuse a field before there is as much as a connection. */
async function expectRefused(field: unknown, message: RegExp): Promise<void> {
  const wire = countedConnect();
  for (const refused of [
    createModel(org, { table: 'created', fields: [field as FieldSpec] }, wire.db, options),
    addFieldToModel(org, 'victim', field as FieldSpec, wire.db, options),
  ]) {
    const error = await migrationError(refused);
    expect(error).toMatchObject({ code: 'INVALID_SPEC', org, retryScope: 'none' });
    expect(error.message).toMatch(message);
  }
  expect(wire.opened()).toBe(0);
}

describe("defaultTo('why?'): stored as why$1", () => {
  it.each([
    'why?',
    '?',
    '??',
    'a ? b ?? c',
    '\\?',
    '\\\\?',
    'back\\slash ? and more',
    "it's? \\'?",
    ':name ?',
    '$1 ?',
    "E'\\x3f?'",
  ])('stores %j as it is', async (text) => {
    await expectStored(
      { name: 'string', type: 'String', default: text },
      { name: 'text', type: 'Text', default: text },
      { name: 'json', type: 'Json', default: { [text]: text } },
      { name: 'enum', type: 'Enum', values: ['other', text], default: text },
    );
  });

  it('keeps question marks in comments and in the values of an Enum', async () => {
    const spec: ModelSpec = {
      table: 'created',
      comment: 'why? \\? it\'s "so"',
      fields: [{ name: 'e', type: 'Enum', values: ['why?', '\\?'], comment: '?? \\' }],
    };
    await createModel(org, spec, db, options);
    expect(await readTable(db, org, 'created')).toMatchObject({
      comment: spec.comment,
      columns: [{ name: 'e', comment: '?? \\' }],
    });
    await db('created')
      .withSchema(org)
      .insert([{ e: 'why?' }, { e: '\\?' }]);
    await expect(db('created').withSchema(org).insert({ e: 'why$1' })).rejects.toMatchObject({ code: '23514' });
  });
});

it('stores a backslash as it is where the session has standard_conforming_strings off', async () => {
  await db.transaction(async (trx) => {
    await trx.raw('set local standard_conforming_strings = off; set local escape_string_warning = off');
    const fields: FieldSpec[] = [{ name: 'f', type: 'Text', default: "a\\nb\\' ? \\\\" }];
    await createModel(org, { table: 'created', fields }, trx, options);
    expect(await insertedDefaults(trx, org, 'created', fields)).toEqual({ f: fields[0]?.default });
  });
});

describe(`jsonb().defaultTo({a: "it's"}): SQL injection`, () => {
  it.each([
    { a: "it's" },
    { [INJECTION]: INJECTION },
    [INJECTION, `"`, '\\', `\\"`, '\u2028', '\t'],
    INJECTION,
    "it's",
    0,
    false,
    {},
    [],
    '',
    JSON.parse('{"__proto__": {"a": 1}}'),
    { deep: [{ er: [[null, -0.5, 1e-7, 1e21, true]] }] },
  ])('stores %j as it is', async (value) => {
    await expectStored({ name: 'j', type: 'Json', default: value });
  });
});

describe('defaultTo(new Date()): a locale string, or refused for its milliseconds', () => {
  it('stores a Date to the millisecond, whatever the time zone of the session', async () => {
    const inTokyo = connect();
    await inTokyo.transaction(async (trx) => {
      await trx.raw(`set local timezone = 'Asia/Tokyo'; set local datestyle = 'German'`);
      const at = new Date('2024-02-29T23:59:59.123Z');
      const fields: FieldSpec[] = [
        { name: 'a', type: 'DateTime', default: at },
        { name: 'b', type: 'DateTime', default: '0001-01-02T03:04:05.678901+05:30' },
        { name: 'c', type: 'DateTime', default: '9999-12-30T23:59Z' },
        { name: 'd', type: 'Date', default: new Date('2024-02-29T00:00:00Z') },
        { name: 'e', type: 'Time', default: new Date('1970-01-01T23:59:59.999Z') },
        { name: 'f', type: 'Time', default: '07:08' },
      ];
      await createModel(org, { table: 'created', fields }, trx, options);
      await trx.raw(`set local datestyle = 'ISO'`);
      expect(await insertedDefaults(trx, org, 'created', fields)).toEqual({
        a: '2024-02-29T23:59:59.123000',
        b: '0001-01-01T21:34:05.678901',
        c: '9999-12-30T23:59:00.000000',
        d: '2024-02-29',
        e: '23:59:59.999',
        f: '07:08:00',
      });
    });
  });

  it('computes { fn } for each row', async () => {
    const fields: FieldSpec[] = [
      { name: 'at', type: 'DateTime', default: { fn: 'now' } },
      { name: 'day', type: 'Date', default: { fn: 'now' } },
      { name: 'time', type: 'Time', default: { fn: 'now' } },
      { name: 'uuid', type: 'Uuid', default: { fn: 'uuid' } },
    ];
    await createModel(org, { table: 'created', fields }, db, options);
    await db.transaction(async (trx) => {
      await trx.raw('insert into ??.created default values; insert into ??.created default values', [org, org]);
      const { rows } = await trx.raw(
        `select bool_and(at = now() and day = current_date and "time" = now()::time) as now, count(distinct uuid)::int as uuids
         from ??.created`,
        [org],
      );
      expect(rows).toEqual([{ now: true, uuids: 2 }]);
    });
  });

  it('refuses what is no date, and a Date that is no day', async () => {
    await expectRefused({ name: 'f', type: 'DateTime', default: new Date(NaN) }, /default: must be a Date/);
    await expectRefused({ name: 'f', type: 'DateTime', default: 'Thu Feb 29 2024' }, /default: must be a Date/);
    await expectRefused({ name: 'f', type: 'DateTime', default: '2024-02-30T00:00:00Z' }, /default: must be/);
    await expectRefused({ name: 'f', type: 'DateTime', default: { fn: "now(); drop schema 'a'" } }, /default: must be/);
    await expectRefused({ name: 'f', type: 'Date', default: new Date(1) }, /default: must be ISO 8601/);
  });
});

describe('defaultTo(undefined): `default ` and nothing after it', () => {
  it('gives a column without a default, as does null', async () => {
    const fields: FieldSpec[] = [
      { name: 'a', type: 'Text', default: undefined },
      { name: 'b', type: 'Json', default: null },
      { name: 'c', type: 'Int' },
    ];
    await expectStored(...fields);
    expect((await readTable(db, org, 'created'))?.columns.map((column) => column.default)).toEqual([null, null, null]);
  });
});

describe("defaultTo('no') on a boolean: '1'", () => {
  it('is refused, and so is all that is neither true nor false', async () => {
    for (const value of ['no', 'false', '', 0, 1, {}, []]) {
      await expectRefused({ name: 'f', type: 'Boolean', default: value }, /default: must be true or false/);
    }
  });

  it('stores false and true', async () => {
    await expectStored({ name: 'f', type: 'Boolean', default: false }, { name: 't', type: 'Boolean', default: true });
  });
});

describe('a text default that is an object or a list: [object Object], a,b', () => {
  it.each(['String', 'Text', 'Enum', 'Uuid'])('is refused for %s', async (type) => {
    for (const value of [{ a: 1 }, ['a', 'b'], 1, true, new Date(), Object('a')]) {
      const field = { name: 'f', type, default: value, ...(type === 'Enum' ? { values: ['a,b', '1'] } : {}) };
      await expectRefused(field, /default: must be/);
    }
  });

  it('leaves no trace of the value in the message', async () => {
    const error = await migrationError(
      createModel(org, { table: 'm', fields: [{ name: 'f', type: 'Int', default: 'hunter2' as never }] }, db, options),
    );
    expect(JSON.stringify([error.message, error.faults, error.cause])).not.toContain('hunter2');
  });
});

describe("defaultTo(true), numbers: '1', '42' quoted", () => {
  it('writes plain literals', () => {
    const change: Change = {
      kind: 'createModel',
      table: 'm',
      fields: [
        { name: 'a', type: 'Boolean', default: true },
        { name: 'b', type: 'Int', default: 42 },
        { name: 'c', type: 'BigInt', default: -42n },
        { name: 'd', type: 'Float', default: 1e-7 },
      ],
    };
    expect(planChange(org, change).steps[0]?.sql).toMatch(
      /"a" boolean default true, "b" integer default 42, "c" bigint default -42, "d" double precision default 0\.0000001\b/,
    );
  });

  it('stores numbers to the last bit', async () => {
    await expectStored(
      { name: 'a', type: 'Float', default: 0.1 },
      { name: 'b', type: 'Float', default: -0 },
      { name: 'c', type: 'Float', default: Number.MAX_VALUE },
      { name: 'd', type: 'Float', default: Number.MIN_VALUE },
      { name: 'e', type: 'Int', default: -(2 ** 31) },
      { name: 'f', type: 'BigInt', default: '-9223372036854775808' },
      { name: 'g', type: 'BigInt', default: 2n ** 63n - 1n },
      { name: 'h', type: 'Decimal', default: '12345678901234567890.000000000000000000001' },
      { name: 'i', type: 'Decimal', precision: 12, scale: 2, default: 1234.5 },
      { name: 'j', type: 'Bytes', default: Buffer.from([0, 39, 63, 92, 255]) },
      { name: 'k', type: 'Bytes', default: { base64: 'Jz9c' } },
    );
  });
});

describe('comments and the values of an Enum: SQL injection', () => {
  const texts = ["it's", INJECTION, `'; drop table "victim"; select '`, "\\'; drop table victim; --", '"', '$$', ''];

  it.each(texts)('keeps %j as text in a comment', async (text) => {
    const fields: FieldSpec[] = [{ name: 'a', type: 'Text', comment: text }];
    await createModel(org, { table: 'created', comment: text, fields }, db, options);
    await addFieldToModel(org, 'created', { name: 'b', type: 'Text', comment: text }, db, options);
    // PostgreSQL keeps no empty comment.
    const comment = text || null;
    expect(await readTable(db, org, 'created')).toMatchObject({ comment, columns: [{ comment }, { comment }] });
    expect(await tablesOf(db, org)).toContain('victim');
  });

  it.each(texts)('keeps %j as a value of an Enum', async (text) => {
    const field: FieldSpec = { name: 'e', type: 'Enum', values: ['other', text] };
    await createModel(org, { table: 'created', fields: [field] }, db, options);
    await addFieldToModel(org, 'victim', field, db, options);
    for (const table of ['created', 'victim']) {
      await db(table).withSchema(org).insert({ e: text });
      await expect(
        db(table)
          .withSchema(org)
          .insert({ e: `${text}.` }),
      ).rejects.toMatchObject({ code: '23514' });
      expect(await db(table).withSchema(org).pluck('e')).toEqual([text]);
    }
  });
});

describe('specificType, onDelete, onUpdate, check names, index using: pasted as they are', () => {
  const references = { schema: 'public', table: 't', column: 'id', onDelete: 'CASCADE' };
  const model = { table: 'm', fields: [{ name: 'a', type: 'Int' }] };

  it.each([
    ['a type', { ...model, fields: [{ name: 'a', type: 'int); drop table victim; --' }] }, 'fields[0].type'],
    ['a type of Object.prototype', { ...model, fields: [{ name: 'a', type: 'constructor' }] }, 'fields[0].type'],
    ['a length', { ...model, fields: [{ name: 'a', type: 'String', length: '1); drop' }] }, 'fields[0].length'],
    ['a precision', { ...model, fields: [{ name: 'a', type: 'Decimal', precision: '1' }] }, 'fields[0].precision'],
    [
      'an onDelete',
      { ...model, fields: [{ name: 'a', type: 'Int', references: { ...references, onDelete: 'cascade; drop' } }] },
      'fields[0].references.onDelete',
    ],
    [
      'an onUpdate',
      { ...model, fields: [{ name: 'a', type: 'Int', references: { ...references, onUpdate: 'SET DEFAULT' } }] },
      'fields[0].references.onUpdate',
    ],
    ['an index method', { ...model, indexes: [{ columns: ['a'], using: 'gin' }] }, 'indexes[0].using'],
    ['an index name', { ...model, indexes: [{ columns: ['a'], name: 'a"; drop' }] }, 'indexes[0].name'],
    ['a check', { ...model, fields: [{ name: 'a', type: 'Int', check: 'true' }] }, 'fields[0].check'],
  ])('refuses %s that is not in the closed list', async (_what, spec, path) => {
    const wire = countedConnect();
    const error = await migrationError(createModel(org, spec as ModelSpec, wire.db, options));
    expect(error).toMatchObject({ code: expect.stringMatching(/^INVALID_/), faults: [{ path }] });
    expect(wire.opened()).toBe(0);
  });

  it('quotes the name of a check, whatever letters it is made of', async () => {
    const fields: FieldSpec[] = [{ name: 'Größe-1', type: 'Enum', values: ['S'] }];
    await createModel(org, { table: 'Wäsche$', fields }, db, options);
    await addFieldToModel(org, 'Wäsche$', { name: '2-größe', type: 'Enum', values: ['M'] }, db, options);
    expect((await readTable(db, org, 'Wäsche$'))?.checks).toMatchObject([
      { name: expect.stringMatching(/^Wäsche\$_2-größe_check_/), columns: ['2-größe'] },
      { name: expect.stringMatching(/^Wäsche\$_Größe-1_check_/), columns: ['Größe-1'] },
    ]);
    expect(await columnsOf(db, org, 'Wäsche$')).toEqual(['Größe-1', '2-größe']);
  });
});

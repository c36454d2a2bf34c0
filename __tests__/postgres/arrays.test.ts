// Arrays of every type: created, added, read back, changed, counted.
import {
  addFieldToModel,
  addIndex,
  alterField,
  applyChanges,
  changesFor,
  createModel,
  diffModels,
  inspectModel,
  inspectTenant,
  planChange,
  planOnline,
  previewConversion,
  type Change,
  type FieldChangesSpec,
  type FieldSpec,
  type ModelSpec,
  type TypeSpec,
} from '../../lib';
import { typeNames } from '../../lib/field-types';
import { expectedDefault, insertedDefaults } from '../support/defaults';
import { expectedShape, shapeOf } from '../support/expected-table';
import { normalSpec } from '../support/expected-spec';
import { readTable } from '../support/catalog';
import { migrationError, rejection } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 } });

const UUIDS = ['00000000-0000-4000-8000-000000000000', '6FA459EA-EE8A-4CA4-894E-DB77E160355E'];

/** Every type but Json, with two values, and what a function computes. */
const ARRAYS: readonly FieldSpec[] = [
  { name: 'string', type: 'String', array: true, default: ["it's", 'a\\b', '{"c"}', '', 'NULL', ' ', 'd,e'] },
  { name: 'string_3', type: 'String', length: 3, array: true, default: ['abc', '請求書'] },
  { name: 'text', type: 'Text', array: true, default: ['zażółć 請求 🧾', '?', '\n', '"'] },
  { name: 'small_int', type: 'SmallInt', array: true, default: [-32768, 0, 32767] },
  { name: 'int', type: 'Int', array: true, default: [-2147483648, 2147483647] },
  { name: 'big_int', type: 'BigInt', array: true, default: [9007199254740993n, '-9223372036854775808', 1] },
  { name: 'float', type: 'Float', array: true, default: [0.1, '-0', 1e300, -1.5e-300, 3] },
  { name: 'decimal', type: 'Decimal', array: true, default: ['0.10', 0.25, -2] },
  { name: 'decimal_5_2', type: 'Decimal', precision: 5, scale: 2, array: true, default: [1.5, '-999.99'] },
  { name: 'boolean', type: 'Boolean', array: true, default: [true, false] },
  { name: 'date_time', type: 'DateTime', array: true, default: ['2024-02-29T23:59:59.999999+02:00', new Date(0)] },
  { name: 'date', type: 'Date', array: true, default: ['2024-02-29', '0001-01-01'] },
  { name: 'time', type: 'Time', array: true, default: ['09:00', '23:59:59.999999'] },
  { name: 'uuid', type: 'Uuid', array: true, default: UUIDS },
  { name: 'bytes', type: 'Bytes', array: true, default: [Buffer.from([0, 92, 34, 255]), { base64: '' }] },
  { name: 'enum', type: 'Enum', values: ["it's", 'b,"c"', '\\'], array: true, default: ["it's", '\\', "it's"] },
];

const EMPTY = ARRAYS.map((field) => ({ ...field, name: `${field.name}_empty`, default: [] }) as FieldSpec);

const BARE = ARRAYS.map(({ default: _default, ...field }) => ({ ...field, name: `${field.name}_bare` }));

const COMPUTED: readonly FieldSpec[] = [
  { name: 'date_time_now', type: 'DateTime', array: true, default: [{ fn: 'now' }, '2024-02-29T00:00:00Z'] },
  { name: 'date_now', type: 'Date', array: true, default: [{ fn: 'now' }] },
  { name: 'time_now', type: 'Time', array: true, default: [{ fn: 'now' }, { fn: 'now' }] },
  { name: 'uuid_new', type: 'Uuid', array: true, default: [{ fn: 'uuid' }, { fn: 'uuid' }] },
];

const model: ModelSpec = {
  table: 'lists',
  fields: [{ name: 'id', type: 'Int', identity: true }, ...ARRAYS, ...EMPTY, ...BARE, ...COMPUTED],
};

async function expectThere(): Promise<void> {
  expect(shapeOf(await readTable(db, org, 'lists'))).toEqual(expectedShape(model));
  const { model: read, extras } = await inspectModel(org, 'lists', db);
  expect(normalSpec(read)).toEqual(normalSpec(model));
  expect(extras).toEqual([]);
  expect(diffModels([model], await inspectTenant(org, db))).toEqual([]);
  const expected = model.fields.map((field) => [field.name, expectedDefault(field)]);
  expect(await insertedDefaults(db, org, 'lists', model.fields)).toEqual(Object.fromEntries(expected));
}

it('has an array of every type but Json', () => {
  expect([...new Set(ARRAYS.map(({ type }) => type)), 'Json'].sort()).toEqual([...typeNames].sort());
});

it('arrays of every type are created, read back as the spec, and stored as given', async () => {
  await createModel(org, model, db, options);
  await expectThere();
});

it('and the same added to a table, one by one', async () => {
  const [id, ...others] = model.fields;
  await createModel(org, { table: 'lists', fields: [id as FieldSpec] }, db, options);
  for (const field of others) await addFieldToModel(org, 'lists', field, db, options);
  await expectThere();
});

it.each([
  ["DateStyle to 'SQL, DMY'"],
  ["TimeZone to 'Asia/Tokyo'"],
  ["bytea_output to 'escape'"],
  ['extra_float_digits to -5'],
  ["lc_monetary to 'C'"],
  ['standard_conforming_strings to off'],
])('reads back whatever the session has set: %s', async (setting) => {
  await createModel(org, model, db, options);
  await db.transaction(async (trx) => {
    await trx.raw(`set local ${setting}`);
    const { model: read, extras } = await inspectModel(org, 'lists', trx);
    expect(normalSpec(read)).toEqual(normalSpec(model));
    expect(extras).toEqual([]);
  });
});

it('reads the constants that others write, and calls what no spec can say an extra', async () => {
  await db.raw(`create table "${org}".lists (
    a text[] default '{}', b text[] default '{a,"b c","NULL","\\"",\\\\}', c int[] default '{1,-2}', d boolean[] default '{t,f}',
    e timestamptz[] default '{2024-02-29 12:00:00+00}', f bytea[] default '{"\\\\x00ff"}', g double precision[] default '{0.1,-0}',
    h varchar(5)[] default array['a','b'], i text[] check (i <@ '{a}'::text[]), j varchar[] check (j <@ array['a','b']::varchar[]),
    k text[] default '{NULL}', l int[] default '{{1,2},{3,4}}', m int[] default '[2:2]={1}', n point[], o text[][])`);
  const { model: read, extras } = await inspectModel(org, 'lists', db);
  expect(read.fields).toEqual([
    { name: 'a', type: 'Text', array: true, default: [] },
    { name: 'b', type: 'Text', array: true, default: ['a', 'b c', 'NULL', '"', '\\'] },
    { name: 'c', type: 'Int', array: true, default: [1, -2] },
    { name: 'd', type: 'Boolean', array: true, default: [true, false] },
    { name: 'e', type: 'DateTime', array: true, default: ['2024-02-29T12:00:00Z'] },
    { name: 'f', type: 'Bytes', array: true, default: [{ base64: 'AP8=' }] },
    { name: 'g', type: 'Float', array: true, default: [0.1, '-0'] },
    { name: 'h', type: 'String', length: 5, array: true, default: ['a', 'b'] },
    { name: 'i', type: 'Text', array: true },
    { name: 'k', type: 'Text', array: true },
    { name: 'l', type: 'Int', array: true },
    { name: 'm', type: 'Int', array: true },
    // PostgreSQL does not keep to declared dimensions.
    { name: 'o', type: 'Text', array: true },
  ]);
  expect(extras.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'column j',
    'default k',
    'default l',
    'default m',
    'column n',
    'check lists_i_check',
    'check lists_j_check',
  ]);
});

it('each element of an Enum is one of its values; null is, an empty array is, and a null element is not', async () => {
  const field: FieldSpec = { name: 'tags', type: 'Enum', values: ['a', 'b'], array: true };
  await createModel(org, { table: 'lists', fields: [field] }, db, options);
  const insert = (value: string): Promise<unknown> => db.raw(`insert into "${org}".lists values (${value})`);
  for (const value of ['null', `'{}'`, `'{a,a,b}'`, `'{{a,b},{b,a}}'`]) await insert(value);
  for (const value of [`'{c}'`, `'{a,NULL}'`, `'{NULL}'`]) {
    expect(((await rejection(insert(value))) as { code?: string }).code).toBe('23514');
  }
});

it('an array can be unique, and a key', async () => {
  const fields: readonly FieldSpec[] = [
    { name: 'path', type: 'Int', array: true, primaryKey: true },
    { name: 'names', type: 'Text', array: true, unique: true },
  ];
  await createModel(org, { table: 'lists', fields }, db, options);
  await db.raw(`insert into "${org}".lists values ('{1}', '{a}'), ('{1,2}', '{}')`);
  expect(
    ((await rejection(db.raw(`insert into "${org}".lists values ('{1,2}', '{b}')`))) as { code?: string }).code,
  ).toBe('23505');
  expect(
    ((await rejection(db.raw(`insert into "${org}".lists values ('{2}', '{a}')`))) as { code?: string }).code,
  ).toBe('23505');
  expect(diffModels([{ table: 'lists', fields }], await inspectTenant(org, db))).toEqual([]);
});

describe('alterField', () => {
  interface Changed {
    readonly from: TypeSpec;
    readonly set: FieldChangesSpec;
    readonly rows: readonly (string | null)[];
    readonly become?: readonly (string | null)[];
    readonly loses?: number;
    readonly fails?: number;
    /** Where the loss is allowed. */
    readonly then?: readonly (string | null)[];
  }
  const CHANGES: Record<string, Changed> = {
    'a value becomes an array of it, and null stays null': {
      from: { type: 'Int' },
      set: { type: 'Int', array: true },
      rows: ['1', null, '-2'],
      become: ['{1}', null, '{-2}'],
    },
    'a text becomes an array of numbers': {
      from: { type: 'Text' },
      set: { type: 'Int', array: true },
      rows: ['1', null],
      become: ['{1}', null],
    },
    'a text with a leading zero loses it as an element': {
      from: { type: 'Text' },
      set: { type: 'Int', array: true },
      rows: ['1', '007'],
      loses: 1,
      then: ['{1}', '{7}'],
    },
    'a String of any length becomes an array': {
      from: { type: 'Text' },
      set: { type: 'String', length: 3, array: true },
      rows: ['abc', ' a', null],
      become: ['{abc}', '{" a"}', null],
    },
    'a text that is too long does not become an element': {
      from: { type: 'Text' },
      set: { type: 'String', length: 3, array: true },
      rows: ['abc', 'abcd'],
      fails: 1,
    },
    'an array of one becomes its element': {
      from: { type: 'Text', array: true },
      set: { type: 'String' },
      rows: ['{a}', null, '{"b c"}'],
      become: ['a', null, 'b c'],
    },
    'an array of none, of several and of nothing loses something': {
      from: { type: 'Text', array: true },
      set: { type: 'Text' },
      rows: ['{a}', '{}', '{a,b}', '{NULL}', '{{a}}', '[2:2]={c}', null],
      loses: 4,
      then: ['a', null, 'a', null, null, 'c', null],
    },
    'an element that is no number does not convert': {
      from: { type: 'Text', array: true },
      set: { type: 'Int' },
      rows: ['{1}', '{x}'],
      fails: 1,
    },
    'each element converts': {
      from: { type: 'Text', array: true },
      set: { type: 'Int', array: true },
      rows: ['{1,2}', '{}', '{NULL,3}', '{{1,2},{3,4}}', null],
      become: ['{1,2}', '{}', '{NULL,3}', '{{1,2},{3,4}}', null],
    },
    'an element that loses a fraction': {
      from: { type: 'Decimal', array: true },
      set: { type: 'Int', array: true },
      rows: ['{1.0,2}', '{1,2.5}', '{}'],
      loses: 1,
      then: ['{1,2}', '{1,3}', '{}'],
    },
    'an element that loses trailing blanks': {
      from: { type: 'Text', array: true },
      set: { type: 'String', length: 2, array: true },
      rows: ['{ab}', '{"ab  "}', '{NULL,"a  "}'],
      loses: 2,
      then: ['{ab}', '{ab}', '{NULL,"a "}'],
    },
    'an element that is too long': {
      from: { type: 'Text', array: true },
      set: { type: 'String', length: 2, array: true },
      rows: ['{ab}', '{ab,abc}'],
      fails: 1,
    },
    'a length that grows': {
      from: { type: 'String', length: 3, array: true },
      set: { length: 5 },
      rows: ['{abc}', null],
      become: ['{abc}', null],
    },
    'the elements become those of an Enum': {
      from: { type: 'Text', array: true },
      set: { type: 'Enum', values: ['a', 'b'], array: true },
      rows: ['{a,b,a}', '{}', null],
      become: ['{a,b,a}', '{}', null],
    },
    'a value of an Enum becomes an array of it': {
      from: { type: 'Enum', values: ['a', 'b'] },
      set: { type: 'Enum', values: ['a', 'b', 'c'], array: true },
      rows: ['a', null],
      become: ['{a}', null],
    },
    'an Enum has other values': {
      from: { type: 'Enum', values: ['a', 'b'], array: true },
      set: { values: ['b', 'a', 'c'] },
      rows: ['{a,b}', '{}'],
      become: ['{a,b}', '{}'],
    },
  };

  async function createChanged({ from: type, rows }: Changed): Promise<void> {
    const fields = [{ name: 'id', type: 'Int', identity: true }, { name: 'a', ...type } as FieldSpec] as const;
    await createModel(org, { table: 'lists', fields }, db, options);
    for (const row of rows) await db.raw(`insert into "${org}".lists (a) values (?)`, [row]);
  }

  async function values(): Promise<readonly unknown[]> {
    const { rows } = await db.raw(`select a::text as a from "${org}".lists order by id`);
    return (rows as { a: unknown }[]).map(({ a }) => a);
  }

  it.each(Object.keys(CHANGES))('%s', async (title) => {
    const change = CHANGES[title] as Changed;
    const { set, become, loses = 0, fails = 0, then } = change;
    await createChanged(change);
    const to = { ...(set.type === undefined ? change.from : {}), ...set } as TypeSpec;
    if (set.values === undefined || set.type !== undefined) {
      const counts = await previewConversion(org, 'lists', 'a', to, db, options);
      expect(counts).toMatchObject({ rows: change.rows.length, loses, fails });
    }
    const apply = (more: object): Promise<unknown> =>
      alterField(org, 'lists', 'a', set, db, { ...options, ...more, from: change.from });
    if (become === undefined) {
      const error = await rejection(apply({}));
      expect(error).toMatchObject({ code: loses > 0 ? 'HAZARD_REFUSED' : 'CONVERSION_FAILED', column: 'a' });
      expect(await values()).toEqual(change.rows);
      if (then === undefined) return;
      await apply({ hazards: { dataLoss: 'allow' } });
      expect(await values()).toEqual(then);
    } else {
      await apply({});
      expect(await values()).toEqual(become);
    }
    const { model: read, extras } = await inspectModel(org, 'lists', db);
    expect(read.fields[1]).toEqual({ name: 'a', ...to });
    expect(extras).toEqual([]);
  });

  const refused = async (set: FieldChangesSpec, more: object = {}): Promise<string> => {
    const { code, message } = await migrationError(alterField(org, 'lists', 'a', set, db, { ...options, ...more }));
    expect(code).toBe('INVALID_SPEC');
    return message;
  };

  it('without from, does not make one value of an array, nor an array of values', async () => {
    const fields: readonly FieldSpec[] = [
      { name: 'a', type: 'Text', array: true },
      { name: 'b', type: 'Int' },
    ];
    await createModel(org, { table: 'lists', fields }, db, options);
    expect(await refused({ type: 'Text' })).toMatch(
      /"a" is text\[\]\. To make one value of an array, pass its type as well/,
    );
    const other = alterField(org, 'lists', 'b', { type: 'Int', array: true }, db, options);
    expect((await migrationError(other)).message).toMatch(/"b" is integer\. To make arrays of its values/);
    await alterField(org, 'lists', 'a', { type: 'String', length: 5, array: true }, db, options);
    expect((await inspectModel(org, 'lists', db)).model.fields[0]).toEqual({
      name: 'a',
      type: 'String',
      length: 5,
      array: true,
    });
    // Its length is not that of a String.
    expect(await refused({ length: 6 })).toMatch(/which takes no length/);
  });

  it('without from, still stops where an element would lose something', async () => {
    await createModel(org, { table: 'lists', fields: [{ name: 'a', type: 'Decimal', array: true }] }, db, options);
    await db.raw(`insert into "${org}".lists values ('{1.5,2}')`);
    const to: FieldChangesSpec = { type: 'Int', array: true };
    expect(await migrationError(alterField(org, 'lists', 'a', to, db, options))).toMatchObject({
      code: 'HAZARD_REFUSED',
    });
    await alterField(org, 'lists', 'a', to, db, { ...options, hazards: { dataLoss: 'allow' } });
    expect((await db.raw(`select a::text from "${org}".lists`)).rows).toEqual([{ a: '{2,2}' }]);
  });

  it('sets, drops and keeps defaults', async () => {
    await createModel(
      org,
      { table: 'lists', fields: [{ name: 'a', type: 'String', length: 5, array: true, default: ['x'] }] },
      db,
      options,
    );
    const now = async (): Promise<unknown> => (await inspectModel(org, 'lists', db)).model.fields[0];
    await alterField(org, 'lists', 'a', { length: 9 }, db, {
      ...options,
      from: { type: 'String', length: 5, array: true },
    });
    expect(await now()).toEqual({ name: 'a', type: 'String', length: 9, array: true, default: ['x'] });
    const from: TypeSpec = { type: 'String', length: 9, array: true };
    await alterField(org, 'lists', 'a', { default: ['it\'s "x"', ''] }, db, { ...options, from });
    expect(await now()).toMatchObject({ default: ['it\'s "x"', ''] });
    // The old one is none of the new type.
    expect(await refused({ type: 'Int', array: true }, { from })).toMatch(/default of "a" does not fit/);
    expect(await refused({ type: 'Text' }, { from })).toMatch(/default of "a" does not fit/);
    expect(await refused({ default: ['x'] })).toMatch(/default/);
    await alterField(org, 'lists', 'a', { type: 'Int', array: true, default: [1] }, db, { ...options, from });
    expect(await now()).toEqual({ name: 'a', type: 'Int', array: true, default: [1] });
    await alterField(org, 'lists', 'a', { default: null }, db, options);
    expect(await now()).toEqual({ name: 'a', type: 'Int', array: true });
  });

  it('goes to the partitions too, and asks for each of their rows', async () => {
    await db.raw(`create table "${org}".lists (id int, a text[]) partition by list (id)`);
    await db.raw(`create table "${org}".part partition of "${org}".lists for values in (1)`);
    await db.raw(`insert into "${org}".lists values (1, '{1,02}')`);
    const change = (more: object): Promise<unknown> =>
      alterField(org, 'lists', 'a', { type: 'Int', array: true }, db, {
        ...options,
        from: { type: 'Text', array: true },
        ...more,
      });
    expect(await migrationError(change({}))).toMatchObject({ code: 'HAZARD_REFUSED' });
    await change({ hazards: { dataLoss: 'allow' } });
    const one = alterField(org, 'lists', 'a', { type: 'Text' }, db, { ...options, from: { type: 'Int', array: true } });
    expect(await migrationError(one)).toMatchObject({ code: 'HAZARD_REFUSED' });
  });
});

it.each<[string, FieldSpec, FieldSpec]>([
  [
    'another default',
    { name: 'a', type: 'Enum', values: ['a', 'b'], array: true, default: ['a'] },
    { name: 'a', type: 'Enum', values: ['a', 'b'], array: true, default: ['b', 'b'] },
  ],
  [
    'another type with an equal default',
    { name: 'a', type: 'Int', array: true, default: [1] },
    { name: 'a', type: 'BigInt', array: true, default: [1] },
  ],
  [
    'other values',
    { name: 'a', type: 'Enum', values: ['a'], array: true, default: ['a'] },
    { name: 'a', type: 'Enum', values: ['a', 'b'], array: true, default: [] },
  ],
  ['an array', { name: 'a', type: 'Int', default: 1 }, { name: 'a', type: 'Int', array: true, default: [1] }],
  ['one value', { name: 'a', type: 'Int', array: true, default: [1] }, { name: 'a', type: 'Int', default: 1 }],
])('changesFor brings %s', async (_title, before, after) => {
  await createModel(org, { table: 'lists', fields: [before] }, db, options);
  const desired: readonly ModelSpec[] = [{ table: 'lists', fields: [after] }];
  const differences = diffModels(desired, await inspectTenant(org, db));
  expect(differences).not.toEqual([]);
  await applyChanges(org, changesFor(differences, { destructive: true }), db, options);
  expect(diffModels(desired, await inspectTenant(org, db))).toEqual([]);
});

it('an index on an array may refuse rows, unless it is a gin', async () => {
  const fields: readonly FieldSpec[] = [
    { name: 'a', type: 'Int', array: true },
    { name: 'b', type: 'Enum', values: ['a'], array: true },
  ];
  const plan = (indexes: ModelSpec['indexes']): readonly string[] =>
    planChange(org, { kind: 'createModel', table: 'lists', fields, indexes }).hazards.map(({ kind }) => kind);
  expect(plan([{ columns: ['a'] }])).toContain('indexSize');
  expect(plan([{ columns: ['a'], method: 'gin' }])).not.toContain('indexSize');
  await createModel(
    org,
    {
      table: 'lists',
      fields,
      indexes: [
        { columns: ['a'], method: 'gin' },
        { columns: ['b'], method: 'hash' },
      ],
    },
    db,
    options,
  );
  for (const column of ['a', 'b']) {
    const refused = addIndex(org, 'lists', { columns: [column], name: `by_${column}` }, db, {
      ...options,
      hazards: { indexSize: 'refuse' },
    });
    expect(await migrationError(refused)).toMatchObject({ code: 'HAZARD_REFUSED' });
  }
  expect((await inspectModel(org, 'lists', db)).model.indexes).toEqual([
    { columns: ['a'], method: 'gin' },
    { columns: ['b'], method: 'hash' },
  ]);
});

it.each<[string, object, string]>([
  ['a Json has none', { type: 'Json', array: true }, 'array: Json has no arrays'],
  ['a default is a list', { type: 'Int', array: true, default: 1 }, 'default: must be a list of values'],
  [
    'an item is checked as one value',
    { type: 'Int', array: true, default: [1, 'x'] },
    'default: [1] must be a whole number',
  ],
  ['no item is null', { type: 'Text', array: true, default: [null] }, 'default: [0] must not be null'],
  ['no list of lists', { type: 'Int', array: true, default: [[1]] }, 'default: [0] must be a whole number'],
  ['nothing counts arrays', { type: 'Int', array: true, identity: true }, 'identity: an array takes no identity'],
  [
    'an array refers to nothing',
    { type: 'Int', array: true, references: { table: 't', column: 'id' } },
    'references: an array refers to nothing',
  ],
  ['one value is no list', { type: 'Int', default: [1] }, 'default: must be a whole number'],
  ['a flag', { type: 'Int', array: 'yes' }, 'array: must be true or false'],
])('a fault of the spec: %s', (_title, field, fault) => {
  const change = { kind: 'addField', table: 't', field: { name: 'a', ...field } };
  expect(() => planChange(org, change as Change)).toThrow(fault);
});

it('no array is converted online', () => {
  const set = { type: 'Int', array: true } as const;
  const change = { kind: 'alterField', table: 't', column: 'a', set, from: { type: 'Int' } } as const;
  expect(() => planOnline(org, change)).toThrow('arrays are not converted online');
});

it('alterField knows what is no change of an array', () => {
  const plan =
    (set: object, more: object = {}) =>
    (): unknown =>
      planChange(org, { kind: 'alterField', table: 't', column: 'a', set, ...more });
  expect(plan({ array: true })).toThrow('set.array: is a part of the type');
  expect(plan({ type: 'Text', array: true }, { from: { type: 'Json' } })).toThrow(
    'PostgreSQL does not convert between Json and arrays',
  );
  expect(plan({ type: 'Json' }, { from: { type: 'Int', array: true } })).toThrow(
    'PostgreSQL does not convert between Json and arrays',
  );
  expect(plan({ type: 'Int', array: true }, { unconvertible: 'null' })).toThrow(
    'unconvertible: applies to single values',
  );
});

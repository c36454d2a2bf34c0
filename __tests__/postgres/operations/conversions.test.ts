// A change of type keeps what a row holds, or says that it does not; and it makes the same of it in every session.
import {
  alterField,
  createModel,
  planChange,
  previewConversion,
  withTenant,
  type ChangeOptions,
  type FieldChangesSpec,
  type FieldSpec,
  type MigrationError,
} from '../../../lib';
import { recordedLog } from '../../support/log';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();
type Typed = Omit<FieldSpec, 'name'>;

async function tableWith(type: Typed, ...values: readonly string[]): Promise<void> {
  await createModel(
    org,
    {
      table: 't',
      fields: [{ name: 'id', type: 'Int' }, { ...type, name: 'x' } as FieldSpec],
    },
    db,
    options,
  );
  for (const [id, value] of values.entries()) await db.raw(`insert into "${org}".t values (${id}, ${value})`);
}

async function texts(): Promise<unknown[]> {
  const { rows } = await db.raw(`select x::text from "${org}".t order by id`);
  return (rows as { x: unknown }[]).map(({ x }) => x);
}

const change = (set: FieldChangesSpec, more: ChangeOptions & { from?: Typed } = {}): Promise<unknown> =>
  alterField(org, 't', 'x', set, db, { ...options, ...more });

const LOSSES: readonly (readonly [string, Typed, string, FieldChangesSpec])[] = [
  ['a fraction', { type: 'Float' }, '1.6', { type: 'Int' }],
  ['digits after the point', { type: 'Decimal', precision: 10, scale: 4 }, '1.2345', { scale: 2 }],
  ['digits of a float', { type: 'Float' }, '0.126', { type: 'Decimal', precision: 9, scale: 2 }],
  ['digits of a float that is large', { type: 'Float' }, '1152921504606846976', { type: 'Decimal' }],
  ['digits of a bigint', { type: 'BigInt' }, '9007199254740993', { type: 'Float' }],
  ['digits of a decimal', { type: 'Decimal' }, '12345678901234567.89', { type: 'Float' }],
  ['a time of day', { type: 'DateTime' }, `'2024-02-29T23:30:00Z'`, { type: 'Date' }],
  ['a day', { type: 'DateTime' }, `'2024-02-29T23:30:00Z'`, { type: 'Time' }],
  ['a time of day of a text', { type: 'Text' }, `'2024-02-29T23:30:00Z'`, { type: 'Date' }],
  ['a fraction of a Json number', { type: 'Json' }, `'1.6'`, { type: 'Int' }],
  ['a number that is neither 0 nor 1', { type: 'Int' }, '7', { type: 'Boolean' }],
  ['blanks at the end', { type: 'String', length: 10 }, `'abc   '`, { length: 3 }],
  ['leading zeros', { type: 'Text' }, `'00123'`, { type: 'Int' }],
  ['one of two equal keys', { type: 'Text' }, `'{"a": 1, "a": 2}'`, { type: 'Json' }],
];

const KEPT: readonly (readonly [string, Typed, string, FieldChangesSpec, string])[] = [
  ['a whole number', { type: 'Float' }, '2', { type: 'Int' }, '2'],
  ['digits that fit', { type: 'Decimal', precision: 10, scale: 4 }, '1.2300', { scale: 2 }, '1.23'],
  ['a float that a decimal can say', { type: 'Float' }, '0.1', { type: 'Decimal' }, '0.1'],
  ['NaN', { type: 'Float' }, `'NaN'`, { type: 'Decimal' }, 'NaN'],
  ['a moment at midnight', { type: 'DateTime' }, `'2024-02-29T00:00:00Z'`, { type: 'Date' }, '2024-02-29'],
  ['a day far away', { type: 'Text' }, `'294300-01-01'`, { type: 'Date' }, '294300-01-01'],
  ['a time', { type: 'Text' }, `'10:00'`, { type: 'Time' }, '10:00:00'],
  ['true', { type: 'Boolean' }, 'true', { type: 'Int' }, '1'],
  ['a Json number', { type: 'Json' }, `'7'`, { type: 'Int' }, '7'],
  ['nothing', { type: 'Float' }, 'null', { type: 'Int' }, null as unknown as string],
  ['an empty text', { type: 'Text' }, `''`, { length: 3, type: 'String' }, ''],
  ['the least of the small', { type: 'SmallInt' }, '-32768', { type: 'Int' }, '-32768'],
  ['the least of the whole', { type: 'Int' }, '-2147483648', { type: 'BigInt' }, '-2147483648'],
  ['what is small enough', { type: 'Int' }, '32767', { type: 'SmallInt' }, '32767'],
  ['the least of the big', { type: 'Float' }, '-9223372036854775808', { type: 'BigInt' }, '-9223372036854775808'],
  ['a float of many digits', { type: 'Float' }, '1152921504606846976', { type: 'BigInt' }, '1152921504606846976'],
  ['bytes', { type: 'Bytes' }, `'\\x00ff'`, { type: 'Text' }, '\\x00ff'],
];

describe.each([true, false])('with from: %s', (tellsFrom) => {
  it.each(LOSSES)('refuses to lose %s, and keeps the row', async (_title, type, value, set) => {
    await tableWith(type, value);
    const [was] = await texts();
    const error = await migrationError(change(set, tellsFrom ? { from: type } : {}));
    expect(error).toMatchObject({ code: 'HAZARD_REFUSED', table: 't', column: 'x' });
    expect(error.message).toContain('dataLoss');
    expect(await texts()).toEqual([was]);
  });

  it.each(KEPT)('converts %s', async (_title, type, value, set, becomes) => {
    await tableWith(type, value);
    await change(set, tellsFrom ? { from: type } : {});
    expect(await texts()).toEqual([becomes]);
  });
});

it('loses where that is allowed, and warns of it where that is asked for, only where a row has lost', async () => {
  await tableWith({ type: 'Float' }, '1.6');
  await change({ type: 'Decimal', precision: 9, scale: 1 }, { hazards: { dataLoss: 'refuse' } });
  const { logger, records } = recordedLog();
  const warned = (): unknown[] => records().flatMap(({ message, kind }) => (message === 'HAZARD' ? [kind] : []));
  await change({ precision: 10 }, { logger, hazards: { dataLoss: 'warn', rewrite: 'allow' } });
  expect(warned()).toEqual([]);
  await change({ type: 'Int' }, { logger, hazards: { dataLoss: 'warn', rewrite: 'allow' } });
  expect(warned()).toEqual(['dataLoss']);
  await change({ type: 'Boolean' }, { logger, hazards: { dataLoss: 'allow', rewrite: 'allow' } });
  expect(warned()).toEqual(['dataLoss']);
  expect(await texts()).toEqual(['true']);
});

it.each(['partition by list (id)', 'children'])('converts, or refuses to lose, in a table with %s', async (divided) => {
  const isPartitioned = divided !== 'children';
  await db.raw(`create table "${org}".t (id int, x float8) ${isPartitioned ? divided : ''};
    create table "${org}".t1 ${isPartitioned ? `partition of "${org}".t default` : `() inherits ("${org}".t)`};
    insert into "${org}".t1 values (0, 1.6), (1, null)`);
  const from: Typed = { type: 'Float' };
  for (const more of [{}, { from }]) {
    const error = await migrationError(change({ type: 'Int' }, more));
    expect(error).toMatchObject({ code: 'HAZARD_REFUSED', table: 't', column: 'x' });
  }
  await change({ type: 'Decimal', precision: 5, scale: 1 });
  expect(await texts()).toEqual(['1.6', null]);
  await change({ scale: 0 }, { hazards: { dataLoss: 'allow' } });
  expect(await texts()).toEqual(['2', null]);
});

it('sees rows that row security hides from the owner', async () => {
  await tableWith({ type: 'Float' }, '1.6');
  await db.raw(`alter table "${org}".t enable row level security, force row level security`);
  expect(await migrationError(change({ type: 'Int' }))).toMatchObject({ code: 'HAZARD_REFUSED' });
});

it('leaves the settings of the session as they were, and converts by none of them', async () => {
  await tableWith({ type: 'DateTime' }, `'2024-02-29T23:59:59Z'`);
  const settings = { TimeZone: 'America/New_York', DateStyle: 'SQL, DMY', bytea_output: 'escape' };
  const shown = await db.transaction(async (trx) => {
    for (const [name, value] of Object.entries(settings)) await trx.raw(`set local ${name} = '${value}'`);
    await alterField(org, 't', 'x', { type: 'String', length: 40 }, trx, options);
    const { rows } = await trx.raw(`select current_setting('TimeZone') as "TimeZone",
      current_setting('DateStyle') as "DateStyle", current_setting('bytea_output') as bytea_output`);
    return rows[0] as unknown;
  });
  expect(shown).toEqual(settings);
  expect(await texts()).toEqual(['2024-02-29 23:59:59+00']);
});

it('keeps the scale where the precision alone is named, and the precision where the scale is', async () => {
  await tableWith({ type: 'Decimal', precision: 12, scale: 4 }, '12.3456');
  const typeNow = async (): Promise<unknown> => {
    const { rows } = await db.raw(
      `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = '"${org}".t'::regclass and attname = 'x'`,
    );
    return (rows as { type: string }[])[0]?.type;
  };
  await change({ precision: 8 });
  expect(await typeNow()).toBe('numeric(8,4)');
  await change({ scale: 5 }, { from: { type: 'Decimal', precision: 8, scale: 4 } });
  expect(await typeNow()).toBe('numeric(8,5)');
  expect(await texts()).toEqual(['12.34560']);
});

it.each<[Typed, FieldChangesSpec]>([
  [{ type: 'Decimal' }, { precision: 8 }],
  [{ type: 'Decimal' }, { scale: 2 }],
  [{ type: 'Decimal', precision: 12, scale: 4 }, { precision: 3 }],
  [{ type: 'Decimal', precision: 12, scale: 4 }, { scale: 13 }],
])('refuses %j the half of its digits that do not go together: %j', async (type, set) => {
  await tableWith(type);
  expect(await migrationError(change(set))).toMatchObject({ code: 'INVALID_SPEC', sqlState: 'TD006' });
  expect(await migrationError(change(set, { from: type }))).toMatchObject({ code: 'INVALID_SPEC' });
});

it('does not write a row anew for a String that only grows, whether or not its type is named', async () => {
  await tableWith({ type: 'String', length: 40 }, `'a'`);
  const node = async (): Promise<unknown> =>
    ((await db.raw(`select pg_relation_filenode('"${org}".t') as node`)).rows as { node: number }[])[0]?.node;
  const before = await node();
  await change({ length: 60 });
  await change({ length: 80 }, { from: { type: 'String', length: 60 } });
  await change({ type: 'Text' });
  expect(await node()).toBe(before);
});

it.each<[string, Typed, Typed]>([
  ['another type', { type: 'Int' }, { type: 'BigInt' }],
  ['another length', { type: 'String', length: 40 }, { type: 'String', length: 60 }],
  ['other values', { type: 'Enum', values: ['a', 'b'] }, { type: 'Enum', values: ['a'] }],
  ['no values', { type: 'Enum', values: ['a', 'b'] }, { type: 'Text' }],
  ['values that it has not', { type: 'Text' }, { type: 'Enum', values: ['a'] }],
])('refuses a from that says %s', async (_title, type, from) => {
  await tableWith(type);
  const error = await migrationError(change({ type: 'String', length: 90 }, { from }));
  expect(error).toMatchObject({ code: 'INVALID_SPEC', sqlState: 'TD006' });
  expect(error.message).toContain('from');
});

describe('the check of an Enum', () => {
  it.each([
    [`check (x in ('a', 'b'))`, 'text'],
    [`check (x = any (array['a', 'b']))`, 'varchar(20)'],
    [`check (x in ('a'))`, 'text'],
    [`check (x = 'a' or x = 'b')`, 'varchar'],
  ])('is known by what it does: %s', async (check, type) => {
    await createModel(org, { table: 't', fields: [{ name: 'id', type: 'Int' }] }, db, options);
    await db.raw(`alter table "${org}".t add column x ${type}, add constraint their_own ${check}`);
    await change({ values: ["won't", 'c'] });
    await db.raw(`insert into "${org}".t values (1, 'c'), (2, 'won''t')`);
    expect(await migrationError(change({ default: 'nonsense' }))).toMatchObject({ code: 'INVALID_SPEC' });
    await change({ default: "won't" });
    await change({ type: 'Text', default: null });
    await db.raw(`insert into "${org}".t values (3, 'anything')`);
    expect(await texts()).toEqual(['c', "won't", 'anything']);
  });

  it('is not a check over more than the field', async () => {
    await tableWith({ type: 'Text' });
    await db.raw(`alter table "${org}".t add constraint both_of check (x in ('a') or id > 5)`);
    await change({ type: 'Enum', values: ['a', 'b'] });
    await change({ type: 'Text' });
    const { rows } = await db.raw(
      `select conname from pg_constraint where conrelid = '"${org}".t'::regclass and contype = 'c'`,
    );
    expect(rows).toEqual([{ conname: 'both_of' }]);
  });
});

it('counts a check that reads the field as a scan, where no row is written anew', async () => {
  await tableWith({ type: 'String', length: 40 }, `'a'`);
  await db.raw(`alter table "${org}".t add check (x <> '')`);
  const from = { type: 'String', length: 40 } as const;
  expect(planChange(org, { kind: 'alterField', table: 't', column: 'x', set: { length: 60 }, from }).hazards).toEqual(
    [],
  );
  const refused = await migrationError(change({ length: 60 }, { from, hazards: 'refuse' }));
  expect(refused).toMatchObject({ code: 'HAZARD_REFUSED', message: expect.stringContaining('hazard scan') });
  const { logger, records } = recordedLog();
  await change({ length: 60 }, { from, logger });
  expect(records().filter(({ message }) => message === 'HAZARD')).toMatchObject([{ kind: 'scan' }]);
});

it('counts such a scan of the partitions of a table, which has no pages of its own', async () => {
  await db.raw(
    `create table "${org}".t (id int, x varchar(40) check (x <> '')) partition by list (id);
    create table "${org}".part partition of "${org}".t for values in (1);
    insert into "${org}".t values (1, 'a')`,
  );
  const from = { type: 'String', length: 40 } as const;
  const refused = await migrationError(change({ length: 60 }, { from, hazards: 'refuse' }));
  expect(refused).toMatchObject({ code: 'HAZARD_REFUSED', message: expect.stringContaining('hazard scan') });
});

it.each<[string, FieldChangesSpec]>([
  ['new values', { values: ['a', 'b', 'c'] }],
  ['another type', { type: 'Text' }],
])('does not drop a second list of values for %s', async (_what, set) => {
  await tableWith({ type: 'Enum', values: ['a', 'b'] }, `'a'`);
  await db.raw(`alter table "${org}".t add constraint second check (x in ('a', 'z'))`);
  const error = await migrationError(change(set));
  expect(error).toMatchObject({ code: 'INVALID_SPEC', message: expect.stringContaining('second') });
  const { rows } = await db.raw(`select from pg_constraint where conrelid = '"${org}".t'::regclass and contype = 'c'`);
  expect(rows).toHaveLength(2);
});

it('refuses to drop a collation', async () => {
  await createModel(org, { table: 't', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  await db.raw(`alter table "${org}".t add column x varchar(20) collate "POSIX"`);
  const error = await migrationError(change({ length: 60 }));
  expect(error).toMatchObject({ code: 'HAZARD_REFUSED', message: expect.stringContaining('collation') });
});

describe('a row that the new type does not take', () => {
  const failed = async (type: Typed, value: string, set: FieldChangesSpec): Promise<MigrationError> => {
    await tableWith(type, value);
    return migrationError(change(set));
  };

  it.each<[Typed, string, FieldChangesSpec]>([
    [{ type: 'Text' }, `'secret'`, { type: 'Int' }],
    [{ type: 'Text' }, `''`, { type: 'Decimal' }],
    [{ type: 'Int' }, '32768', { type: 'SmallInt' }],
    [{ type: 'Float' }, `'1e300'`, { type: 'Int' }],
    [{ type: 'Decimal' }, `'NaN'`, { type: 'Int' }],
    [{ type: 'String', length: 20 }, `'secret'`, { length: 3 }],
  ])('of %j, %s, is CONVERSION_FAILED', async (type, value, set) => {
    const error = await failed(type, value, set);
    expect(error).toMatchObject({ code: 'CONVERSION_FAILED', table: 't', column: 'x' });
    expect(JSON.stringify([error.message, error.stack, error.cause])).not.toContain('secret');
  });
});

it('finds the replica identity that an index is, and does not drop it', async () => {
  await tableWith({ type: 'Int', nullable: false, unique: true }, '1');
  const { rows } = await db.raw(
    `select conname from pg_constraint where conrelid = '"${org}".t'::regclass and contype = 'u'`,
  );
  await db.raw(`alter table "${org}".t replica identity using index ??`, [
    (rows as { conname: string }[])[0]?.conname ?? '',
  ]);
  expect(await migrationError(change({ unique: false }))).toMatchObject({ code: 'DEPENDENT_OBJECTS' });
});

it('knows a unique index from a unique constraint, and drops either', async () => {
  await tableWith({ type: 'Int' }, '1');
  await db.raw(`create unique index their_own on "${org}".t (x)`);
  expect(await migrationError(change({ unique: true }))).toMatchObject({
    code: 'INDEX_EXISTS',
    message: expect.stringContaining('their_own'),
  });
  await change({ unique: false });
  expect(await migrationError(change({ unique: false }))).toMatchObject({ code: 'INDEX_NOT_FOUND' });
});

it('refuses a key, or a field that a foreign key sets to null, another nullability', async () => {
  await tableWith({ type: 'Int', references: { schema: org, table: 't', column: 'id', onDelete: 'SET NULL' } });
  expect(await migrationError(change({ nullable: false }))).toMatchObject({ code: 'INVALID_SPEC' });
  const key = alterField(org, 't', 'id', { nullable: true }, db, options);
  expect(await migrationError(key)).toMatchObject({
    code: 'INVALID_SPEC',
    message: expect.stringContaining('primary key'),
  });
});

it('previews so many rows, and says that there are more', async () => {
  await tableWith({ type: 'Text' });
  await db.raw(`insert into "${org}".t select i, i::text from generate_series(1, 100001) i`);
  expect(await previewConversion(org, 't', 'x', { type: 'Int' }, db, options)).toEqual({
    rows: 100_000,
    converts: 100_000,
    loses: 0,
    fails: 0,
    complete: false,
  });
});

describe('previewConversion', () => {
  it('counts the rows that convert, lose and fail, in any transaction, and changes nothing', async () => {
    await tableWith({ type: 'Text' }, `'1'`, `'2.50'`, `'2.555'`, `''`, `'secret'`, 'null');
    const expected = { rows: 6, converts: 3, loses: 1, fails: 2, complete: true };
    const type = { type: 'Decimal', precision: 9, scale: 2 } as const;
    expect(await previewConversion(org, 't', 'x', type, db, options)).toEqual(expected);
    const { id, before } = await withTenant(
      org,
      db,
      async (tenant) => {
        expect(await previewConversion(org, 't', 'x', type, tenant)).toEqual(expected);
        const { rows } = await tenant.raw(`select current_setting('TimeZone') as before`);
        return { id: 1, before: (rows as { before: string }[])[0]?.before };
      },
      options,
    );
    expect([id, before]).toEqual([1, ((await db.raw('show timezone')).rows as { TimeZone: string }[])[0]?.TimeZone]);
    expect(await texts()).toEqual(['1', '2.50', '2.555', '', 'secret', null]);
  });

  it('says the same as the change', async () => {
    for (const [, type, value, set] of [...LOSSES, ...KEPT]) {
      await db.raw(`drop table if exists "${org}".t`);
      await tableWith(type, value);
      const to = { ...type, ...set } as Parameters<typeof previewConversion>[3];
      const { type: name, length, precision, scale, values } = to;
      const isLoss = LOSSES.some((loss) => loss[2] === value && loss[3] === set);
      expect(
        await previewConversion(
          org,
          't',
          'x',
          {
            type: name,
            length: name === 'String' ? length : undefined,
            precision: name === 'Decimal' ? precision : undefined,
            scale: name === 'Decimal' ? scale : undefined,
            values,
          },
          db,
          options,
        ),
      ).toMatchObject(isLoss ? { loses: 1 } : { converts: 1 });
    }
  });

  it('refuses what is no type, and says what is not there', async () => {
    await tableWith({ type: 'Text' });
    const refused = (type: object, column = 'x'): Promise<MigrationError> =>
      migrationError(previewConversion(org, 't', column, type as { type: 'Int' }, db, options));
    expect(await refused({ type: 'Strin' })).toMatchObject({ code: 'INVALID_SPEC' });
    expect(await refused({ type: 'Int', length: 3 })).toMatchObject({ code: 'INVALID_SPEC' });
    expect(await refused({ type: 'Int' }, 'gone')).toMatchObject({ code: 'FIELD_NOT_FOUND' });
  });
});

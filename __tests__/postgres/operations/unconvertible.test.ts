// With `unconvertible: 'null'` a value that a new type does not take becomes null, and every other one what it would.
import {
  alterField,
  planChange,
  previewConversion,
  type AlterFieldOptions,
  type Change,
  type FieldChangesSpec,
  type TypeSpec,
} from '../../../lib';
import { recordedLog } from '../../support/log';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest();
const canNull = Number(process.env.TEST_SERVER_MAJOR) >= 16;
const onServersThatCan = canNull ? it : it.skip;

async function tableWith(type: string, values: readonly string[]): Promise<void> {
  await db.raw(`create table "${org}".t (id int, x ${type})`);
  for (const [id, value] of values.entries()) await db.raw(`insert into "${org}".t values (${id}, ${value})`);
}

async function texts(): Promise<unknown[]> {
  const { rows } = await db.raw(`select x::text from "${org}".t order by id`);
  return (rows as { x: unknown }[]).map(({ x }) => x);
}

const change = (set: FieldChangesSpec, more: AlterFieldOptions = {}): Promise<unknown> =>
  alterField(org, 't', 'x', set, db, { ...options, unconvertible: 'null', ...more });

const allow = { hazards: { dataLoss: 'allow' } } as const;

const PAIRS: readonly (readonly [string, TypeSpec, TypeSpec, readonly string[], readonly (string | null)[]])[] = [
  [
    'text',
    { type: 'Text' },
    { type: 'Int' },
    ["'7'", "'abc'", "'3000000000'", "''", 'null', "' 8 '"],
    ['7', null, null, null, null, '8'],
  ],
  [
    'text',
    { type: 'Text' },
    { type: 'BigInt' },
    ["'9223372036854775807'", "'9223372036854775808'"],
    ['9223372036854775807', null],
  ],
  ['text', { type: 'Text' }, { type: 'Float' }, ["'1.5'", "'1e999'", "'x'"], ['1.5', null, null]],
  [
    'text',
    { type: 'Text' },
    { type: 'Decimal', precision: 5, scale: 2 },
    ["'1.25'", "'1234.5'", "'x'"],
    ['1.25', null, null],
  ],
  ['text', { type: 'Text' }, { type: 'Boolean' }, ["'yes'", "'2'", "'off'"], ['true', null, 'false']],
  ['text', { type: 'Text' }, { type: 'Date' }, ["'2024-02-29'", "'2023-02-29'", "'soon'"], ['2024-02-29', null, null]],
  [
    'text',
    { type: 'Text' },
    { type: 'DateTime' },
    ["'2024-02-29T10:00:00Z'", "'soon'"],
    ['2024-02-29 10:00:00+00', null],
  ],
  ['text', { type: 'Text' }, { type: 'Time' }, ["'10:00'", "'25:00'"], ['10:00:00', null]],
  ['text', { type: 'Text' }, { type: 'Json' }, [`'{"a": 1}'`, "'{'"], ['{"a": 1}', null]],
  [
    'text',
    { type: 'Text' },
    { type: 'Uuid' },
    ["'6f2b7c1e-0000-4000-8000-000000000000'", "'6f2b'"],
    ['6f2b7c1e-0000-4000-8000-000000000000', null],
  ],
  ['text', { type: 'Text' }, { type: 'Bytes' }, [`'\\x00ff'`, `'\\x0g'`], ['\\x00ff', null]],
  ['text', { type: 'Text' }, { type: 'String', length: 3 }, ["'abc'", "'abcd'", "'ab'"], ['abc', null, 'ab']],
  ['text', { type: 'Text' }, { type: 'Enum', values: ['a', "it's"] }, ["'a'", "'b'", "'it''s'"], ['a', null, "it's"]],
  [
    'bigint',
    { type: 'BigInt' },
    { type: 'Int' },
    ['2147483647', '2147483648', '-2147483648'],
    ['2147483647', null, '-2147483648'],
  ],
  ['int', { type: 'Int' }, { type: 'SmallInt' }, ['32767', '32768', '-32768'], ['32767', null, '-32768']],
  ['float8', { type: 'Float' }, { type: 'SmallInt' }, ['7', "'NaN'", '32768', '-32768'], ['7', null, null, '-32768']],
  ['text', { type: 'Text' }, { type: 'SmallInt' }, ["'7'", "'40000'", "'x'"], ['7', null, null]],
  [
    'float8',
    { type: 'Float' },
    { type: 'Int' },
    ['7', "'NaN'", "'Infinity'", '2147483648', '-2147483648'],
    ['7', null, null, null, '-2147483648'],
  ],
  [
    'float8',
    { type: 'Float' },
    { type: 'BigInt' },
    ['1234567890123456', '9223372036854775808'],
    ['1234567890123456', null],
  ],
  [
    'float8',
    { type: 'Float' },
    { type: 'Decimal', precision: 4, scale: 1 },
    ['1.5', '12345', "'Infinity'"],
    ['1.5', null, null],
  ],
  [
    'numeric',
    { type: 'Decimal' },
    { type: 'Int' },
    ['7', "'NaN'", '2147483647.5', '99999999999'],
    ['7', null, null, null],
  ],
  ['numeric', { type: 'Decimal' }, { type: 'Float' }, ['7.5', '1e400'], ['7.5', null]],
  ['boolean', { type: 'Boolean' }, { type: 'Int' }, ['true', 'false'], ['1', '0']],
  ['int', { type: 'Int' }, { type: 'Boolean' }, ['1', '0'], ['true', 'false']],
  ['jsonb', { type: 'Json' }, { type: 'Int' }, ["'7'", `'"7"'`, "'[1]'", "'3000000000'"], ['7', null, null, null]],
  ['jsonb', { type: 'Json' }, { type: 'Boolean' }, ["'true'", "'1'", `'"true"'`], ['true', null, null]],
  [
    'date',
    { type: 'Date' },
    { type: 'DateTime' },
    ["'2024-02-29'", "'300000-01-01'"],
    ['2024-02-29 00:00:00+00', null],
  ],
];

describe.each([true, false])('with from: %s', (tellsFrom) => {
  onServersThatCan.each(PAIRS)(
    'makes null of what does not convert: %s, %j to %j',
    async (type, from, to, values, becomes) => {
      await tableWith(type, values);
      const { fails, rows } = await previewConversion(org, 't', 'x', to, db, options);
      await change(to, tellsFrom ? { from } : {});
      expect(
        await db.transaction(async (trx) => {
          await trx.raw(`set local timezone = 'UTC'`);
          const found = await trx.raw(`select x::text from "${org}".t order by id`);
          return (found.rows as { x: unknown }[]).map(({ x }) => x);
        }),
      ).toEqual(becomes);
      expect(rows).toBe(values.length);
      expect(fails).toBe(
        becomes.filter((value) => value === null).length - values.filter((value) => value === 'null').length,
      );
    },
  );
});

onServersThatCan(
  'still refuses what would lose a part, until that is allowed, and rounds as the cast does',
  async () => {
    await tableWith('float8', ['2147483646.5', '-2147483648.5', '2147483647.5', '1']);
    expect(await migrationError(change({ type: 'Int' }))).toMatchObject({ code: 'HAZARD_REFUSED' });
    await change({ type: 'Int' }, allow);
    expect(await texts()).toEqual(['2147483646', '-2147483648', null, '1']);
  },
);

onServersThatCan('warns of it where a value became null, and is stopped by a policy that says so', async () => {
  await tableWith('text', ["'7'", "'SECRET'"]);
  for (const hazards of ['refuse', { dataLoss: 'refuse' }] as const) {
    const error = await migrationError(
      change({ type: 'Int' }, { hazards: hazards === 'refuse' ? { dataLoss: 'refuse', rewrite: 'allow' } : hazards }),
    );
    expect(error).toMatchObject({ code: 'HAZARD_REFUSED', table: 't', column: 'x' });
    expect(error.message).toMatch(/set to null.*In the way: 1 row\.$/s);
    expect(error.message).not.toContain('SECRET');
  }
  const { logger, records } = recordedLog();
  const warned = (): unknown[] => records().filter(({ kind }) => kind === 'dataLoss');
  await change({ type: 'BigInt' }, { logger });
  expect(warned()).toMatchObject([{ table: 't', fields: ['x'] }]);
  await change({ type: 'Text' }, { logger });
  await change({ type: 'Int' }, { logger });
  expect(warned()).toHaveLength(1);
});

onServersThatCan('fails with the rows in the way where the field cannot be null', async () => {
  await tableWith('text not null', ["'7'", "'SECRET'"]);
  const error = await migrationError(change({ type: 'Int' }));
  expect(error).toMatchObject({ code: 'NOT_NULL_VIOLATION', table: 't', column: 'x' });
  expect(error.message).toMatch(/In the way: 1 row\.$/);
  expect(error.message).toContain('would become null');
  expect(error.message.match(/select \* from/g)).toHaveLength(1);
  expect(error.message).not.toContain('is null');
  expect(await texts()).toEqual(['7', 'SECRET']);
});

onServersThatCan('does the same in the partitions of a table', async () => {
  await db.raw(`create table "${org}".t (id int, x text) partition by list (id);
    create table "${org}".t_rest partition of "${org}".t default; insert into "${org}".t values (1, '7'), (2, 'x')`);
  await change({ type: 'Int' });
  expect(await texts()).toEqual(['7', null]);
});

it('is in the plan as a hazard, and only with a new type', async () => {
  const plan = (set: FieldChangesSpec, from?: TypeSpec): unknown => {
    const given: Change = { kind: 'alterField', table: 't', column: 'x', set, from, unconvertible: 'null' };
    return planChange(org, given)
      .hazards.filter(({ message }) => message.includes('set to null'))
      .map(({ kind }) => kind);
  };
  expect(plan({ type: 'Int' })).toEqual(['dataLoss']);
  expect(plan({ type: 'Uuid' }, { type: 'Text' })).toEqual(['dataLoss']);
  expect(plan({ type: 'Enum', values: ['a'] }, { type: 'Text' })).toEqual(['dataLoss']);
  expect(plan({ type: 'BigInt' }, { type: 'Int' })).toEqual([]);
  expect(plan({ type: 'Text' })).toEqual([]);
  for (const set of [{ nullable: true }, { values: ['a'] }]) {
    expect(await migrationError(change(set))).toMatchObject({
      code: 'INVALID_SPEC',
      faults: [{ path: 'unconvertible' }],
    });
  }
});

(canNull ? it.skip : it)('is refused before PostgreSQL 16', async () => {
  await tableWith('text', ["'x'"]);
  const error = await migrationError(change({ type: 'Int' }));
  expect(error).toMatchObject({ code: 'INVALID_SPEC', table: 't', column: 'x' });
  expect(error.message).toContain('PostgreSQL 16');
});

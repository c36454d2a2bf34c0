// A primary key of fields that are there: made, dropped, and refused with what is in the way.
import type { Knex } from 'knex';
import {
  addKey,
  addReference,
  alterField,
  applyChanges,
  applyOnline,
  changesFor,
  createModel,
  diffModels,
  dropKey,
  dropReference,
  inspectModel,
  planChange,
  renameModel,
  type ModelSpec,
} from '../../../lib';
import { readTable } from '../../support/catalog';
import { recordedLog } from '../../support/log';
import { inOwnDatabase } from '../../support/own-database';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';

const { db, org, options } = tenantTest({ hazards: 'allow' });

const reading: ModelSpec = {
  table: 'reading',
  fields: [
    { name: 'sensor', type: 'Int' },
    { name: 'day', type: 'Date' },
    { name: 'note', type: 'Text' },
  ],
};
const insert = (values: string): Promise<unknown> => db.raw(`insert into ??.reading values ${values}`, [org]);
const keyOf = async (table = 'reading'): Promise<unknown> => (await readTable(db, org, table))?.primaryKey?.columns;
const nullableOf = async (): Promise<unknown> =>
  (await inspectModel(org, 'reading', db, options)).model.fields.map(({ nullable }) => nullable);

beforeEach(() => createModel(org, reading, db, options));

it('makes a key of fields that are there, which become not nullable, and drops it; they stay so', async () => {
  await insert(`(1, '2026-01-01', null), (1, '2026-01-02', null)`);
  expect(await addKey(org, 'reading', ['sensor', 'day'], db, options)).toMatchObject({
    statements: [expect.stringMatching(/add constraint "reading_pkey_\w+" primary key \("sensor", "day"\)$/)],
  });
  expect(await keyOf()).toEqual(['sensor', 'day']);
  expect((await inspectModel(org, 'reading', db, options)).extras).toEqual([]);
  await dropKey(org, 'reading', db, options);
  expect(await keyOf()).toBeUndefined();
  expect(await nullableOf()).toEqual([false, false, undefined]);
  await alterField(org, 'reading', 'day', { nullable: true }, db, options);
  expect(await nullableOf()).toEqual([false, undefined, undefined]);
});

it('drops a key that somebody else has made, whatever its name, and one whose table was renamed', async () => {
  await db.raw('alter table ??.reading add constraint "their key" primary key (sensor)', [org]);
  await dropKey(org, 'reading', db, options);
  expect(await keyOf()).toBeUndefined();
  await addKey(org, 'reading', ['sensor'], db, options);
  await renameModel(org, 'reading', 'measure', db, options);
  await dropKey(org, 'measure', db, options);
  expect(await keyOf('measure')).toBeUndefined();
});

it('takes the place of another key in one list', async () => {
  await addKey(org, 'reading', ['sensor'], db, options);
  const { logger, records } = recordedLog();
  await applyChanges(
    org,
    [
      { kind: 'dropKey', table: 'reading' },
      { kind: 'addKey', table: 'reading', columns: ['day'] },
    ],
    db,
    { ...options, logger },
  );
  expect(await keyOf()).toEqual(['day']);
  expect(records().map(({ message, fields }) => [message, fields])).toEqual([
    ['DROP PRIMARY KEY', []],
    ['ADD PRIMARY KEY', ['day']],
  ]);
});

describe('a key is not made', () => {
  it('of rows without a value, which are counted and found', async () => {
    await insert(`(1, '2026-01-01', null), (null, '2026-01-01', null), (null, null, null)`);
    const error = await migrationError(addKey(org, 'reading', ['sensor', 'day'], db, options));
    expect(error).toMatchObject({ code: 'NOT_NULL_VIOLATION', table: 'reading' });
    expect(error.message).toContain('a key is never null. Nothing was changed. Fill these first.');
    expect(error.message).toMatch(
      /To find them: select \* from .* where ctid in \('\(0,2\)', '\(0,3\)'\)\. In the way: 2 rows\.$/,
    );
    expect(await keyOf()).toBeUndefined();
  });

  it('of rows that are alike, which are counted and found, and not shown', async () => {
    await insert(`(4711, null, null), (4711, null, null), (2, null, null), (null, null, null), (null, null, null)`);
    const error = await migrationError(addKey(org, 'reading', ['sensor'], db, options));
    expect(error).toMatchObject({ code: 'UNIQUE_VIOLATION', table: 'reading' });
    expect(error.message).toContain('In the way: 2 rows.');
    expect(JSON.stringify([error.message, error.cause])).not.toContain('4711');
    const [query = ''] = /select \* from "[^"]+"\."reading" where ctid in \([^.]*\)(?=\.)/.exec(error.message) ?? [];
    expect((await db.raw(query)).rows).toEqual([4711, 4711].map((sensor) => ({ sensor, day: null, note: null })));
  });

  it('where there is one, where a field is missing, and where a foreign key sets a field to null', async () => {
    expect(await migrationError(addKey(org, 'reading', ['missing'], db, options))).toMatchObject({
      code: 'FIELD_NOT_FOUND',
      column: 'missing',
    });
    expect(await migrationError(addKey(org, 'missing', ['a'], db, options))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    await createModel(org, { table: 'sensor', fields: [{ name: 'id', type: 'Int' }] }, db, options);
    const references = { table: 'sensor', columns: ['id'], onDelete: 'SET NULL' } as const;
    await addReference(org, 'reading', { columns: ['sensor'], references }, db, options);
    const setNull = await migrationError(addKey(org, 'reading', ['sensor'], db, options));
    expect(setNull).toMatchObject({ code: 'INVALID_SPEC', table: 'reading' });
    expect(setNull.message).toContain('A foreign key sets "sensor" to null');
    await addKey(org, 'reading', ['day', 'note'], db, options);
    const second = await migrationError(addKey(org, 'reading', ['day'], db, options));
    expect(second).toMatchObject({ code: 'INDEX_EXISTS', table: 'reading' });
    expect(second.message).toContain('has a primary key already, over "day", "note". Drop it first (dropKey)');
  });

  it('under a name that something else has', async () => {
    const [step] = planChange(org, { kind: 'addKey', table: 'reading', columns: ['day'] }).steps;
    const [, name = ''] = /add constraint "([^"]+)"/.exec(step?.sql ?? '') ?? [];
    await db.raw('create table ??.?? ()', [org, name]);
    const error = await migrationError(addKey(org, 'reading', ['day'], db, options));
    expect(error).toMatchObject({ code: 'INDEX_EXISTS', table: 'reading' });
    expect(error.message).toContain(name);
    await db.raw('drop table ??.??; alter table ??.reading add constraint ?? unique (day)', [org, name, org, name]);
    await db.raw('alter table ??.reading add primary key (sensor)', [org]);
    expect((await migrationError(dropKey(org, 'reading', db, options))).message).toContain('which is something else');
    expect(await keyOf()).toEqual(['sensor']);
  });
});

describe('a key is not dropped', () => {
  it('where there is none', async () => {
    const error = await migrationError(dropKey(org, 'reading', db, options));
    expect(error).toMatchObject({ code: 'INDEX_NOT_FOUND', table: 'reading' });
    expect(error.message).toContain('"reading" has no primary key. Nothing was changed.');
  });

  it('while foreign keys refer to it, which are named', async () => {
    await addKey(org, 'reading', ['sensor', 'day'], db, options);
    const line: ModelSpec = {
      table: 'line',
      fields: [
        { name: 'id', type: 'Int' },
        { name: 'sensor', type: 'Int' },
        { name: 'day', type: 'Date' },
      ],
    };
    const references = { table: 'reading', columns: ['sensor', 'day'] };
    await createModel(org, { ...line, foreignKeys: [{ columns: ['sensor', 'day'], references }] }, db, options);
    const error = await migrationError(dropKey(org, 'reading', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', table: 'reading' });
    expect(error.message).toMatch(/need the primary key of .*line_sensor_day_fkey_\w+ on table .*line/);
    expect(error.dependents).toHaveLength(1);
    // No change can: the difference is left to a person.
    const inspected = await inspectModel(org, 'reading', db, options);
    const [difference] = diffModels(
      [reading, line],
      [inspected.model, (await inspectModel(org, 'line', db, options)).model],
    ).filter(({ kind }) => kind === 'key');
    expect(difference).toMatchObject({ remedy: 'manual', hint: 'foreign keys refer to it: drop these first' });
    await dropReference(org, 'line', ['sensor', 'day'], db, options);
    await dropKey(org, 'reading', db, options);
  });

  it('while it is the replica identity', async () => {
    await addKey(org, 'reading', ['sensor'], db, options);
    const { primaryKey } = (await readTable(db, org, 'reading')) ?? {};
    await db.raw('alter table ??.reading replica identity using index ??', [org, primaryKey?.name ?? '']);
    const error = await migrationError(dropKey(org, 'reading', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', table: 'reading' });
    expect(error.message).toContain('is its replica identity');
  });

  it('where its hazard, that a publication needs it, is refused', async () => {
    await addKey(org, 'reading', ['sensor'], db, options);
    const refused = await migrationError(dropKey(org, 'reading', db, { ...options, hazards: 'refuse' }));
    expect(refused).toMatchObject({ code: 'HAZARD_REFUSED', table: 'reading' });
    expect(await keyOf()).toEqual(['sensor']);
  });
});

it('is what the changes make that undo a difference, in the order of the table', async () => {
  const wanted: ModelSpec = {
    table: 'reading',
    fields: [
      { name: 'note', type: 'Text', primaryKey: true },
      { name: 'day', type: 'Date', primaryKey: true },
      { name: 'sensor', type: 'Int' },
    ],
  };
  for (const desired of [wanted, reading, wanted]) {
    const before = await inspectModel(org, 'reading', db, options);
    await applyChanges(org, changesFor(diffModels([desired], { ...before, org, models: [before.model] })), db, options);
    const after = await inspectModel(org, 'reading', db, options);
    expect(diffModels([desired], { ...after, org, models: [after.model] })).toEqual([]);
  }
});

it('is made online without keeping anybody out: the same table afterwards', () =>
  inOwnDatabase(async (_url, own: Knex) => {
    await own.raw(`create schema acme; create table acme.a (x int, y text); create table acme.b (x int, y text);
      insert into acme.a select g, g from generate_series(1, 100) g; insert into acme.b select * from acme.a`);
    await addKey('acme', 'b', ['x', 'y'], own, options);
    await own.raw('insert into acme.a values (7, 7), (null, 1)');
    const change = { kind: 'addKey', table: 'a', columns: ['x', 'y'] } as const;
    expect(await migrationError(applyOnline('acme', change, own, options))).toMatchObject({
      code: 'NOT_NULL_VIOLATION',
    });
    await own.raw('delete from acme.a where x is null');
    expect(await migrationError(applyOnline('acme', change, own, options))).toMatchObject({ code: 'UNIQUE_VIOLATION' });
    await own.raw('delete from acme.a where x = 7');
    await applyOnline('acme', change, own, options);
    const [a, b] = [await readTable(own, 'acme', 'a'), await readTable(own, 'acme', 'b')];
    const shown = (table: typeof a): string => JSON.stringify(table).replace(/\b[ab]_(pkey|x|y)_\w+/g, '$1');
    expect(shown(a)).toBe(shown(b));
    expect(await migrationError(applyOnline('acme', change, own, options))).toMatchObject({ code: 'INDEX_EXISTS' });
  }));

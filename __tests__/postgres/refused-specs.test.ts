// What is well formed, and what only the server can refuse: each has a code of its own, and says what to do.
import {
  addFieldToModel,
  addIndex,
  addReference,
  alterField,
  createModel,
  dropFieldFromModel,
  renameField,
  type FieldChangesSpec,
  type FieldSpec,
  type IndexSpec,
} from '../../lib';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ hazards: 'allow' });

async function model(type: FieldSpec['type'], indexes: readonly IndexSpec[] = []): Promise<void> {
  const fields = [
    { name: 'id', type: 'Int' },
    { name: 'a', type },
  ] as readonly FieldSpec[];
  await createModel(org, { table: 't', fields, indexes }, db, options);
}

const sql = (text: string): Promise<unknown> => db.raw(text.replaceAll('$', `"${org}"`));
const alter = (set: FieldChangesSpec, column = 'a'): Promise<unknown> => alterField(org, 't', column, set, db, options);

async function expectRefusal(change: Promise<unknown>, code: string, ...words: readonly string[]): Promise<void> {
  const error = await migrationError(change);
  expect({ code: error.code, message: error.message }).toEqual({
    code,
    message: expect.stringContaining(words[0] ?? ''),
  });
  for (const word of words) expect(error.message).toContain(word);
  expect(error.message).toContain('Nothing was changed');
  expect(error).toMatchObject({ org, table: 't', retryScope: 'none' });
}

describe('an index', () => {
  it.each<[string, FieldSpec['type'], IndexSpec, string]>([
    ['of a method that has nothing for the type', 'Int', { columns: ['a'], method: 'gin' }, 'Name an operatorClass'],
    ['on the area of a text', 'Text', { columns: ['a'], method: 'gist' }, 'Name an operatorClass'],
    ['on ranges of a Boolean', 'Boolean', { columns: ['a'], method: 'brin' }, 'Name an operatorClass'],
    ['on the lower case of a number', 'Int', { columns: [{ column: 'a', lower: true }] }, 'Leave out lower'],
    [
      'of an operator class that is for another type',
      'Int',
      { columns: [{ column: 'a', operatorClass: 'text_pattern_ops' }] },
      'operator class',
    ],
    ['where a number is a boolean', 'Int', { columns: ['id'], where: [{ column: 'a', equals: true }] }, 'in where'],
    ['where a number is a text', 'Int', { columns: ['id'], where: [{ column: 'a', equals: 'secret' }] }, 'in where'],
    ['where a moment is none', 'DateTime', { columns: ['id'], where: [{ column: 'a', equals: 'secret' }] }, 'in where'],
    ['where a Json is none', 'Json', { columns: ['id'], where: [{ column: 'a', equals: 'secret' }] }, 'in where'],
    ['where a number is too large', 'Int', { columns: ['id'], where: [{ column: 'a', equals: 1e300 }] }, 'in where'],
  ])('%s is a fault of its spec', async (_title, type, index, words) => {
    await model(type);
    const change = addIndex(org, 't', index, db, options);
    await expectRefusal(change, 'INVALID_SPEC', words);
    expect(JSON.stringify(await migrationError(addIndex(org, 't', index, db, options)))).not.toContain('secret');
  });

  it('of a new model takes no name that is there', async () => {
    await sql('create table $.taken ()');
    const error = await migrationError(model('Int', [{ columns: ['a'], name: 'taken' }]));
    expect(error).toMatchObject({ code: 'INDEX_EXISTS', table: 't' });
    expect(error.message).toContain('"taken"');
  });
});

describe('a change of type', () => {
  it.each<[string, FieldSpec['type'], IndexSpec, FieldChangesSpec]>([
    ['a condition', 'Text', { columns: ['id'], where: [{ column: 'a', equals: 'x' }] }, { type: 'Int' }],
    [
      'a condition on a boolean',
      'Boolean',
      { columns: ['id'], where: [{ column: 'a', equals: true }] },
      { type: 'Int' },
    ],
    [
      'a condition on a day',
      'Date',
      { columns: ['id'], where: [{ column: 'a', equals: '2024-02-29' }] },
      { type: 'DateTime' },
    ],
    ['lower', 'Text', { columns: [{ column: 'a', lower: true }] }, { type: 'Int' }],
    ['an operator class', 'Text', { columns: [{ column: 'a', operatorClass: 'text_pattern_ops' }] }, { type: 'Int' }],
    ['a method', 'Json', { columns: ['a'], method: 'gin' }, { type: 'Text' }],
  ])('names an index that has %s of the old type', async (_title, type, index, set) => {
    await model(type, [{ ...index, name: 'in_the_way' }]);
    await createModel(org, { table: 'other', fields: [{ name: 'id', type: 'Int' }] }, db, options);
    await expectRefusal(alter(set), 'DEPENDENT_OBJECTS', 'in_the_way', 'Drop these first');
    expect((await migrationError(alter(set))).dependents).toEqual([expect.stringContaining('in_the_way')]);
    const { rows } = await db.raw('select 1 from pg_class where relname = ? and relnamespace = ?::regnamespace', [
      'in_the_way',
      `"${org}"`,
    ]);
    expect(rows).toHaveLength(1);
  });

  it('keeps an index whose condition the new type can take', async () => {
    await model('Int', [{ columns: ['id'], where: [{ column: 'a', equals: 1 }] }]);
    await alter({ type: 'BigInt' });
  });

  it.each([
    ['a check', 'alter table $.t add constraint positive check (a > 0)', 'positive'],
    ['an expression', 'create index expression on $.t ((a + 1))', 'expression'],
    ['statistics', 'create statistics $.counted on (a + 1), id from $.t', 'counted'],
    ['a check of a child', 'create table $.c (constraint positive check (a > 0)) inherits ($.t)', 'positive'],
    ['a generated column', 'alter table $.t add computed int generated always as (a + 1) stored', 'computed'],
    ['a column of the type of the table', 'create table $.u (whole $.t)', 'whole'],
  ])('names %s that cannot be for the new type', async (_title, text, name) => {
    await model('Int');
    await sql(text);
    const error = await migrationError(alter({ type: 'Text' }));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', table: 't', column: 'a' });
    expect(error.message).toContain(name);
    expect(error.message).not.toContain('outside schema');
  });
});

describe('a table as it is', () => {
  const inherited = 'create table $.p (id int, a int not null); create table $.t () inherits ($.p)';
  const divided = 'create table $.t (id int, a int) partition by list (a); create table $.t1 partition of $.t default';
  const computed = 'create table $.t (id int primary key, b int, a int generated always as (b + 1) stored)';
  const drop = (): Promise<unknown> => dropFieldFromModel(org, 't', 'a', db, options);
  const rename = (): Promise<unknown> => renameField(org, 't', 'a', 'z', db, options);

  it.each<[string, string, () => Promise<unknown>, string]>([
    ['a field of a parent: its type', inherited, () => alter({ type: 'Text' }), 'change that one'],
    ['a field of a parent: its end', inherited, drop, 'change that one'],
    ['a field of a parent: its name', inherited, rename, 'change that one'],
    ['the key of partitions: its type', divided, () => alter({ type: 'Text' }), 'partition key'],
    ['the key of partitions: its end', divided, drop, 'partition key'],
    [
      'a unique field beside the key of partitions',
      divided,
      () => alter({ unique: true }, 'id'),
      'partitioning columns',
    ],
    ['a computed field: its type', computed, () => alter({ type: 'BigInt' }), 'computes this field'],
    ['a computed field: its default', computed, () => alter({ default: 1 }), 'computes this field'],
  ])('does not allow to change %s', async (_title, text, change, words) => {
    await sql(text);
    await expectRefusal(change(), 'INVALID_SPEC', words);
  });

  it('names a partition and a typed table for what they are', async () => {
    await sql('create type $.kind as (id int, a int); create table $.t of $.kind');
    await expectRefusal(
      addFieldToModel(org, 't', { name: 'z', type: 'Int' }, db, options),
      'INVALID_SPEC',
      'of a type',
    );
  });

  it('is a foreign one: the error says so', async () => {
    await sql(`create foreign data wrapper nowhere_${org.replaceAll('-', '_')}`);
    await sql(
      `create server nowhere_${org.replaceAll('-', '_')} foreign data wrapper nowhere_${org.replaceAll('-', '_')}`,
    );
    await sql(`create foreign table $.t (id int, a int) server nowhere_${org.replaceAll('-', '_')}`);
    const error = await migrationError(alter({ unique: true }));
    await sql(`drop foreign data wrapper nowhere_${org.replaceAll('-', '_')} cascade`);
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(error.message).toContain('is a foreign table');
  });

  it('has a child with a field of the name, and of another type', async () => {
    await sql('create table $.t (id int); create table $.c (z text) inherits ($.t)');
    const change = addFieldToModel(org, 't', { name: 'z', type: 'Int' }, db, options);
    await expectRefusal(change, 'INVALID_SPEC', 'Choose another name');
  });

  it('is still in use by the very transaction', async () => {
    await model('Int');
    await db.transaction(async (trx) => {
      await trx.raw(`declare c cursor for select * from "${org}".t`);
      await trx.raw('fetch c');
      const error = await migrationError(alterField(org, 't', 'a', { type: 'Text' }, trx, options));
      expect(error).toMatchObject({ code: 'DATABASE_ERROR', sqlState: '55006', retryScope: 'none' });
      expect(error.message).toContain('close its cursors');
      await trx.raw('select 1');
    });
  });
});

describe('a reference', () => {
  it.each([
    ['of an incompatible type', 'create table $.u (k uuid primary key)', 'incompatible types'],
    ['to an unlogged table', 'create unlogged table $.u (k int primary key)', 'another kind'],
    ['to a key that is deferrable', 'create table $.u (k int unique deferrable)', 'not deferrable'],
  ])('%s is a fault of its spec', async (_title, text, words) => {
    await model('Int');
    await sql(text);
    const change = addReference(org, 't', { columns: ['a'], references: { table: 'u', columns: ['k'] } }, db, options);
    const error = await migrationError(change);
    expect(error).toMatchObject({ code: 'INVALID_SPEC', org, table: 't' });
    expect(error.message).toContain(words);
  });
});

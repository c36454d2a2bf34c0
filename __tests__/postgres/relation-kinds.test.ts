// A model is a table: what else has a name in the schema is refused by what it is, and what a drop takes along is named.
import {
  addFieldToModel,
  addIndex,
  alterField,
  createModel,
  dropFieldFromModel,
  dropIndex,
  dropModel,
  renameField,
  renameModel,
} from '../../lib';
import { readTable } from '../support/catalog';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();

beforeEach(async () => {
  const fields = ['id', 'a', 'b'].map((name) => ({ name, type: 'Int' as const }));
  await createModel(org, { table: 'invoice', fields }, db, options);
});

const CHANGES: Readonly<Record<string, (name: string) => Promise<unknown>>> = {
  renameModel: (name) => renameModel(org, name, 'other', db, options),
  renameField: (name) => renameField(org, name, 'a', 'c', db, options),
  'alterField with a default': (name) =>
    alterField(org, name, 'a', { default: 5 }, db, { ...options, from: { type: 'Int' } }),
  'alterField, not nullable': (name) => alterField(org, name, 'a', { nullable: false }, db, options),
  addFieldToModel: (name) => addFieldToModel(org, name, { name: 'c', type: 'Int' }, db, options),
  dropFieldFromModel: (name) => dropFieldFromModel(org, name, 'a', db, options),
  dropModel: (name) => dropModel(org, name, db, options),
  dropIndex: (name) => dropIndex(org, name, 'some', db, options),
};

const KINDS = {
  'a view': 'create view :org:.thing as select a from :org:.invoice',
  'a materialized view': 'create materialized view :org:.thing as select a from :org:.invoice',
  'a sequence': 'create sequence :org:.thing',
  'an index': 'create index thing on :org:.invoice (a)',
  'a composite type': 'create type :org:.thing as (a int)',
};

describe.each(Object.entries(KINDS))('%s', (kind, sql) => {
  it.each(Object.keys(CHANGES))('is not touched by %s', async (name) => {
    await db.raw(sql, { org });
    const error = await migrationError(CHANGES[name]?.('thing') as Promise<unknown>);
    // DROP TABLE does not see a type at all.
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND', org, table: 'thing' });
    if (kind !== 'a composite type') expect(error.message).toContain(`is ${kind}, not a table`);
  });
});

it('cannot be referred to, being a view', async () => {
  await db.raw(KINDS['a view'], { org });
  const field = {
    name: 'c',
    type: 'Int',
    references: { schema: org, table: 'thing', column: 'a', onDelete: 'RESTRICT' },
  } as const;
  const error = await migrationError(addFieldToModel(org, 'invoice', field, db, options));
  expect(error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', table: 'invoice' });
  expect(error.message).toContain('which is a view');
});

it('is not called a dependent where PostgreSQL does not support it', async () => {
  await db.raw('create table ??.part (id int, a int) partition by list (id)', [org]);
  const error = await migrationError(alterField(org, 'part', 'a', { unique: true }, db, options));
  expect(error).toMatchObject({ code: 'INVALID_SPEC', sqlState: '0A000' });
});

it('names the view that reads the column whose type is to change', async () => {
  await db.raw(KINDS['a view'], { org });
  const error = await migrationError(alterField(org, 'invoice', 'a', { type: 'BigInt' }, db, options));
  expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', column: 'a' });
  expect(error.message).toMatch(/thing/);
  expect(error.message).not.toMatch(/dropped from/);
});

it.each(['by a, b', 't.a.b', "it's", 'say "no"', 'UPPER'])('lets an index named %j go by its name', async (name) => {
  await db.raw(
    'create index ?? on ??.invoice (a, b)'.replace('??', () => `"${name.replaceAll('"', '""')}"`),
    [org],
  );
  const error = await migrationError(dropFieldFromModel(org, 'invoice', 'b', db, options));
  expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS' });
  await dropIndex(org, 'invoice', name, db, options);
  await db.raw(
    'create index ?? on ??.invoice (a, b)'.replace('??', () => `"${name.replaceAll('"', '""')}"`),
    [org],
  );
  await dropFieldFromModel(org, 'invoice', 'b', db, { ...options, cascade: [name] });
  expect((await readTable(db, org, 'invoice'))?.columns.map((column) => column.name)).toEqual(['id', 'a']);
});

describe('what a publication tells the rows by', () => {
  beforeEach(async () => {
    await db.raw('alter table ??.invoice alter a set not null', [org]);
    await addIndex(org, 'invoice', { columns: ['a'], unique: true, name: 'invoice_by_a' }, db, options);
  });

  it('is no index that dropIndex or dropField takes away', async () => {
    await db.raw('alter table ??.invoice replica identity using index invoice_by_a', [org]);
    const error = await migrationError(dropIndex(org, 'invoice', 'invoice_by_a', db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', org, table: 'invoice' });
    expect(error.message).toMatch(/replica identity/);
    expect(await migrationError(dropFieldFromModel(org, 'invoice', 'a', db, options))).toMatchObject({
      code: 'DEPENDENT_OBJECTS',
    });
    await dropFieldFromModel(org, 'invoice', 'a', db, { ...options, cascade: ['invoice_by_a'] });
  });

  it('is the key of a published table, and of no other', async () => {
    await db.raw('create publication ?? for table ??.invoice', [org, org]);
    try {
      const error = await migrationError(dropFieldFromModel(org, 'invoice', 'id', db, options));
      expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS' });
      expect(error.message).toMatch(/invoice_pkey/);
    } finally {
      await db.raw('drop publication ??', [org]);
    }
    await dropFieldFromModel(org, 'invoice', 'id', db, options);
  });
});

// What an index can be: as it is written, and as it reads back.
import {
  addIndex,
  createModel,
  createTenant,
  dropFieldFromModel,
  inspectModel,
  renameField,
  renameModel,
  type IndexSpec,
  type ModelSpec,
} from '../../../lib';
import { quiet, recordedLog } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { EVERY_TYPE } from '../../support/type-samples';

const db = connect();
const options = { logger: quiet };

const FIELDS: ModelSpec['fields'] = [
  { name: 'id', type: 'Int' },
  { name: 'Email', type: 'String' },
  { name: 'note', type: 'Text' },
  { name: 'data', type: 'Json' },
  { name: 'state', type: 'Enum', values: ['on', "o'ff"] },
];

let org: string;

beforeEach(async () => {
  org = freshOrg();
  await createTenant(org, db, options);
  await createModel(org, { table: 'person', fields: FIELDS }, db, options);
});

async function indexesOf(table = 'person'): Promise<unknown> {
  const { model, extras } = await inspectModel(org, table, db);
  expect(extras).toEqual([]);
  return model.indexes;
}

const INDEXES: readonly IndexSpec[] = [
  { columns: ['data'], method: 'gin' },
  { columns: [{ column: 'data', operatorClass: 'jsonb_path_ops' }], method: 'gin' },
  { columns: ['note'], method: 'hash' },
  { columns: ['id'], method: 'brin' },
  { columns: [{ column: 'id', operatorClass: 'int4_bloom_ops' }], method: 'brin' },
  { columns: [{ column: 'id', order: 'desc' }, 'state'], include: ['Email'] },
  {
    columns: [
      { column: 'id', nulls: 'first' },
      { column: 'state', order: 'desc', nulls: 'last' },
    ],
  },
  { columns: [{ column: 'Email', lower: true }], unique: true, where: [{ column: 'note', is: 'null' }] },
  { columns: ['id', { column: 'note', lower: true, order: 'desc' }, { column: 'Email', lower: true }] },
  {
    columns: ['id'],
    where: [
      { column: 'state', equals: "o'ff" },
      { column: 'id', is: 'not null' },
    ],
  },
];

it.each(INDEXES.map((index) => [JSON.stringify(index), index] as const))('reads %s back', async (_shown, index) => {
  await addIndex(org, 'person', index, db, options);
  expect(await indexesOf()).toEqual([index]);
});

it('leaves out what goes without saying', async () => {
  const index: IndexSpec = {
    columns: [{ column: 'id', order: 'asc', nulls: 'last', operatorClass: 'int4_ops' }],
    method: 'btree',
    where: [],
    include: [],
    nullsNotDistinct: false,
  };
  await addIndex(org, 'person', index, db, options);
  expect(await indexesOf()).toEqual([{ columns: ['id'] }]);
});

it('compares with a value of every type', async () => {
  const conditions = EVERY_TYPE.flatMap(({ name, default: value }) =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [{ column: name, equals: value as string }] : [],
  ).filter(({ column }) => EVERY_TYPE.find(({ name }) => name === column)?.type !== 'Json');
  expect(conditions.length).toBeGreaterThan(8);
  const [{ name: first } = { name: '' }] = EVERY_TYPE;
  await createModel(
    org,
    { table: 'every_type', fields: EVERY_TYPE, indexes: [{ columns: [first], where: conditions, name: 'some' }] },
    db,
    options,
  );
  const { model } = await inspectModel(org, 'every_type', db);
  expect(model.indexes?.[0]?.where?.map(({ column }) => column)).toEqual(conditions.map(({ column }) => column));
});

it('refuses a row by a unique index on some of the rows, whatever the case', async () => {
  const columns = [{ column: 'Email', lower: true }] as const;
  await addIndex(org, 'person', { columns, unique: true, where: [{ column: 'note', is: 'null' }] }, db, options);
  const table = db('person').withSchema(org);
  await table.clone().insert({ id: 1, Email: 'A' });
  await expect(table.clone().insert({ id: 2, Email: 'a' })).rejects.toMatchObject({ code: '23505' });
  await table.clone().insert({ id: 3, Email: 'a', note: 'deleted' });
});

it('takes two nulls for the same from PostgreSQL 15 on, and says so before', async () => {
  const { rows } = await db.raw<{ rows: { server_version_num: string }[] }>('show server_version_num');
  const index: IndexSpec = { columns: ['note'], unique: true, nullsNotDistinct: true };
  const added = addIndex(org, 'person', index, db, options);
  const created = (): Promise<unknown> =>
    createModel(org, { table: 'other', fields: FIELDS, indexes: [index] }, db, options);
  if (Number(rows[0]?.server_version_num) < 150_000) {
    for (const refused of [added, created()]) {
      expect((await migrationError(refused)).message).toContain('nullsNotDistinct needs PostgreSQL 15 or later');
    }
    expect(await indexesOf()).toBeUndefined();
    // The whole batch would be a syntax error, after which a caller's transaction is lost.
    await db.transaction(async (trx) => {
      const table = { table: 'other', fields: FIELDS, indexes: [index] };
      for (const refused of [addIndex(org, 'person', index, trx, options), createModel(org, table, trx, options)]) {
        expect(await migrationError(refused)).toMatchObject({ code: 'INVALID_SPEC', retryScope: 'none' });
      }
      await trx.raw('select 1');
    });
    return;
  }
  await added;
  await created();
  expect(await indexesOf()).toEqual([index]);
  expect(await indexesOf('other')).toEqual([index]);
  await db('person').withSchema(org).insert({ id: 1 });
  await expect(db('person').withSchema(org).insert({ id: 2 })).rejects.toMatchObject({ code: '23505' });
});

it('renames indexes of every kind with their fields and their model', async () => {
  for (const index of INDEXES.slice(6, 9)) {
    await addIndex(org, 'person', index, db, options);
  }
  await renameField(org, 'person', 'Email', 'mail_address', db, options);
  await renameField(org, 'person', 'note', 'Remark', db, options);
  await renameModel(org, 'person', 'human', db, options);
  const text = JSON.stringify(INDEXES.slice(6, 9))
    .replaceAll('"Email"', '"mail_address"')
    .replaceAll('"note"', '"Remark"');
  const sorted = (list: unknown): string[] => (list as unknown[]).map((one) => JSON.stringify(one)).sort();
  expect(sorted(await indexesOf('human'))).toEqual(sorted(JSON.parse(text)));
});

it('does not drop a field with an index on some of its rows unsaid', async () => {
  await addIndex(
    org,
    'person',
    { columns: ['id'], where: [{ column: 'note', is: 'null' }], name: 'some' },
    db,
    options,
  );
  const error = await migrationError(dropFieldFromModel(org, 'person', 'note', db, options));
  expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', column: 'note' });
  expect(error.message).toContain('some');
});

it('finds no operator class of another tenant', async () => {
  const columns = [{ column: 'note', operatorClass: `${freshOrg()}.ops` }];
  const error = await migrationError(addIndex(org, 'person', { columns }, db, options));
  expect(error).toMatchObject({ code: 'CROSS_TENANT_REFERENCE' });
});

it.each([
  ['none of this name', 'public.no_such_ops', 'no_such_ops'],
  ['a schema that is not there', 'no_such_schema.ops', 'no_such_schema'],
  ['one of another type', 'int4_ops', 'int4_ops'],
  ['one of another method', 'jsonb_path_ops', 'jsonb_path_ops'],
])('says that an operator class is a fault of the spec: %s', async (_, operatorClass, named) => {
  const columns = [{ column: 'note', operatorClass }];
  const shared = { ...options, sharedSchemas: ['public', 'no_such_schema'] };
  const table = { table: 't', fields: [{ name: 'note', type: 'Text' as const }], indexes: [{ columns }] };
  for (const change of [addIndex(org, 'person', { columns }, db, shared), createModel(org, table, db, shared)]) {
    const error = await migrationError(change);
    expect(error.code).toBe('INVALID_SPEC');
    expect(error.message).toContain(named);
    expect(error.message).toMatch(/Nothing was changed\.$/);
  }
  expect(await indexesOf()).toBeUndefined();
});

describe('the size of an index', () => {
  it.each([
    [{ columns: ['note'] }, true],
    [{ columns: ['data'] }, true],
    [{ columns: ['id'], include: ['note'] }, true],
    [{ columns: ['Email', 'state'] }, false],
    [{ columns: ['note'], method: 'hash' }, false],
    [{ columns: ['data'], method: 'gin' }, false],
  ] satisfies [IndexSpec, boolean][])('of %j is a hazard: %s', async (index, isHazard) => {
    const { logger, records } = recordedLog();
    await addIndex(org, 'person', index, db, { ...options, logger });
    const kinds = records().flatMap(({ message, kind }) =>
      message === 'HAZARD' && kind !== 'indexBuild' ? [kind] : [],
    );
    expect(kinds).toEqual(isHazard ? ['indexSize'] : []);
    const hazards = { indexSize: 'refuse' } as const;
    const again = { ...index, name: 'again' };
    const refused = addIndex(org, 'person', again, db, { ...options, hazards });
    if (isHazard) expect(await migrationError(refused)).toMatchObject({ code: 'HAZARD_REFUSED', table: 'person' });
    else await refused;
  });
});

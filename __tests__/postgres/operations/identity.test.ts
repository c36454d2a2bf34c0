// Fields that PostgreSQL counts: created, added to rows, and with another type.
import { addFieldToModel, alterField, createModel, createTenant, inspectTenant, type FieldSpec } from '../../../lib';
import { quiet } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { migrationError } from '../../support/rejection';

const db = connect();
const options = { logger: quiet };
const ID = { name: 'id', type: 'Int', identity: true } as const;

let org: string;

beforeEach(async () => {
  org = freshOrg();
  await createTenant(org, db, options);
});

const rows = () => db('ticket').withSchema(org);

async function fields(): Promise<readonly FieldSpec[] | undefined> {
  const { models, extras } = await inspectTenant(org, db);
  expect(extras).toEqual([]);
  return models.find(({ table }) => table === 'ticket')?.fields;
}

it.each(['SmallInt', 'Int', 'BigInt'] as const)(
  'counts a %s, keeps a value that comes with a row, and reads back',
  async (type) => {
    const spec: FieldSpec[] = [
      { name: 'id', type, identity: true },
      { name: 'place', type, identity: true },
    ];
    await createModel(org, { table: 'ticket', fields: spec }, db, options);
    await rows().insert({});
    await rows().insert({});
    await rows().insert({ id: 20, place: 30 });
    expect(
      (await rows().select().orderBy('id')).map(({ id, place }: Record<string, unknown>) => [
        Number(id),
        Number(place),
      ]),
    ).toEqual([
      [1, 1],
      [2, 2],
      [20, 30],
    ]);
    await expect(rows().insert({ place: null })).rejects.toMatchObject({ code: '23502' });
    expect(await fields()).toEqual(spec);
  },
);

it('numbers the rows of a table that it is added to', async () => {
  await createModel(org, { table: 'ticket', fields: [{ name: 'name', type: 'Text', primaryKey: true }] }, db, options);
  await rows().insert([{ name: 'a' }, { name: 'b' }]);
  await addFieldToModel(org, 'ticket', { ...ID, name: 'place' }, db, options);
  await rows().insert({ name: 'c' });
  expect(await rows().pluck('place').orderBy('place')).toEqual([1, 2, 3]);
});

it('goes on counting as a BigInt, past what an Int holds', async () => {
  await createModel(org, { table: 'ticket', fields: [ID] }, db, options);
  await rows().insert({});
  await rows().insert({});
  await alterField(org, 'ticket', 'id', { type: 'BigInt' }, db, options);
  expect(await fields()).toEqual([{ ...ID, type: 'BigInt' }]);
  await rows().insert({});
  await db.raw(`select setval(pg_get_serial_sequence('"${org}".ticket', 'id'), 2147483647)`);
  await rows().insert({});
  expect(await rows().pluck('id').orderBy('id')).toEqual(['1', '2', '3', '2147483648']);
});

it.each([{ from: { type: 'Int' } } as const, {}])('lets a serial count on as a BigInt, with %j', async (more) => {
  await db.raw('create table ??.ticket (id serial primary key)', [org]);
  await rows().insert({});
  await rows().insert({});
  await alterField(org, 'ticket', 'id', { type: 'BigInt' }, db, { ...options, ...more });
  await rows().insert({});
  await db.raw(`select setval(pg_get_serial_sequence('"${org}".ticket', 'id'), 2147483647)`);
  await rows().insert({});
  expect(await rows().pluck('id').orderBy('id')).toEqual(['1', '2', '3', '2147483648']);
});

it('becomes no text, and gets no default', async () => {
  await createModel(org, { table: 'ticket', fields: [ID] }, db, options);
  const text = await migrationError(alterField(org, 'ticket', 'id', { type: 'Text' }, db, options));
  expect(text).toMatchObject({ code: 'INVALID_SPEC', column: 'id' });
  expect(text.message).toContain('identity column, which can only be a whole number');
  const value = await migrationError(alterField(org, 'ticket', 'id', { default: 7 }, db, options));
  expect(value.message).toContain('identity column, which has no default');
  expect(await fields()).toEqual([ID]);
});

it.each([
  [{ name: 'a', type: 'Text', identity: true }, 'identity: Text takes no identity, SmallInt and Int and BigInt does'],
  [{ ...ID, nullable: true }, 'nullable: an identity is never null'],
  [{ ...ID, default: 1 }, 'default: an identity has no default'],
  [
    { ...ID, references: { table: 't', column: 'id', onDelete: 'SET NULL' } },
    'references.onDelete: SET NULL needs a field',
  ],
])('refuses %j', async (field, message) => {
  const error = await migrationError(addFieldToModel(org, 'ticket', field as FieldSpec, db, options));
  expect(error.message).toContain(message);
});

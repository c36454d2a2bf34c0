// Of a list of changes, an error names the change that failed: its table, its field, and the rows in its way.
import { applyChanges, createModels, type Change, type ModelSpec } from '../../lib';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ hazards: 'allow' });

const models: ModelSpec[] = [
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'x', type: 'Int' },
      { name: 'text', type: 'Text' },
    ],
  },
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
];

beforeEach(async () => {
  await createModels(org, models, db, options);
  await db('invoice')
    .withSchema(org)
    .insert([{ id: 1 }, { id: 2, x: 7, text: 'a' }, { id: 3, x: 7 }]);
  await db.raw('create view ??.v as select id from ??.invoice', [org, org]);
});

const before: Change = { kind: 'addField', table: 'customer', field: { name: 'name', type: 'Text' } };
const alter = (column: string, set: object): Change => ({ kind: 'alterField', table: 'invoice', column, set });
const self = { table: 'invoice', columns: ['nothing'] };

it.each<[string, Change, object, RegExp]>([
  ['NOT_NULL_VIOLATION', alter('x', { nullable: false }), { column: 'x' }, /no value for "x".* In the way: 1 row\.$/],
  ['UNIQUE_VIOLATION', alter('x', { unique: true }), { column: 'x' }, /group by 1 having.* In the way: 2 rows\.$/],
  [
    'CONVERSION_FAILED',
    alter('text', { type: 'Int' }),
    { column: 'text' },
    /^"[^"]+"\."invoice" has rows with values in "text".* from "[^"]+"\."invoice" where ctid in \('\(0,2\)'\)/,
  ],
  ['INVALID_SPEC', alter('x', { default: 'a' }), { column: 'x' }, /does not fit the type of "x"/],
  ['INVALID_SPEC', alter('id', { nullable: true }), { column: 'id' }, /part of the primary key/],
  ['INDEX_NOT_FOUND', { kind: 'dropIndex', table: 'invoice', name: 'nothing' }, {}, /no index "nothing"/],
  ['REFERENCE_NOT_FOUND', { kind: 'dropReference', table: 'invoice', columns: ['x'] }, { column: 'x' }, /over "x"/],
  [
    'REFERENCE_NOT_FOUND',
    { kind: 'addReference', table: 'invoice', columns: ['x'], references: self },
    { column: 'x' },
    /refers to "nothing" of "[^"]+"\."invoice", which does not exist/,
  ],
  ['DEPENDENT_OBJECTS', { kind: 'dropField', table: 'invoice', column: 'id' }, { column: 'id' }, /"invoice": view/],
  ['DEPENDENT_OBJECTS', { kind: 'dropModel', table: 'invoice' }, {}, /dropped from "[^"]+"\."invoice"/],
  ['DEPENDENT_OBJECTS', alter('id', { type: 'BigInt' }), { column: 'id' }, /use "id" of "[^"]+"\."invoice"/],
])('%s, by %j', async (code, change, place, says) => {
  const error = await migrationError(applyChanges(org, [before, change], db, options));
  expect(error).toMatchObject({ code, org, table: 'invoice', ...place });
  expect(error.message).toMatch(says);
});

it('names none where two changes can have failed so', async () => {
  const both: Change[] = [
    { kind: 'dropModel', table: 'customer' },
    { kind: 'dropModel', table: 'invoice' },
  ];
  const error = await migrationError(applyChanges(org, both, db, options));
  expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', org });
  expect(error.table).toBeUndefined();
});

it('names a column that a new model refers to in itself, and does not have', async () => {
  const references = { table: 'region', column: 'nothing' };
  const model = { table: 'region', fields: [{ name: 'id', type: 'Int', references }] } as const;
  const error = await migrationError(applyChanges(org, [before, { kind: 'createModel', ...model }], db, options));
  expect(error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', table: 'region' });
});

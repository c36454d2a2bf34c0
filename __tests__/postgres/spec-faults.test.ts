// Every fault of a spec: it is named with its path, and the database never hears of it.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  addIndex,
  applyChange,
  createModel,
  createTenant,
  dropFieldFromModel,
  dropTenant,
  planChange,
  withTenant,
  type Change,
  type ErrorCode,
  type FieldSpec,
  type ModelSpec,
} from '../../lib';
import { quiet } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError, rejection } from '../support/rejection';
import { countedConnect } from '../support/round-trips';

const options = { logger: quiet };
const reference = { schema: 'acme', table: 't', column: 'id', onDelete: 'CASCADE' };

type Faults = Readonly<Record<string, string>>;

/** What is wrong with a field, by its path, and what is said of it. */
const FIELDS: [unknown, Faults][] = [
  [{ name: 'a', type: 'Int', requird: true }, { requird: 'unknown key' }],
  [{ name: 'a' }, { type: 'is missing' }],
  [{ type: 'Int' }, { name: 'is missing' }],
  [{ name: 7, type: 'Int' }, { name: 'must be a string' }],
  [{ name: 'ctid', type: 'Int' }, { name: 'is a system column of PostgreSQL' }],
  [{ name: 'a', type: 'int' }, { type: 'must be one of String, Text, ' }],
  [{ name: 'a', type: 'Int', nullable: 'no' }, { nullable: 'must be true or false' }],
  [{ name: 'a', type: 'Int', unique: 1 }, { unique: 'must be true or false' }],
  [{ name: 'a', type: 'Int', comment: 1 }, { comment: 'must be a string' }],
  [{ name: 'a', type: 'Int', comment: 'a\0' }, { comment: 'NUL' }],
  [{ name: 'a', type: 'Int', length: 9 }, { length: 'Int takes no length, String does' }],
  [{ name: 'a', type: 'String', length: 0 }, { length: 'must be a whole number' }],
  [{ name: 'a', type: 'Decimal', precision: 2, scale: 3 }, { scale: 'from 0 to the precision' }],
  [{ name: 'a', type: 'Decimal', scale: 3 }, { scale: 'needs a precision' }],
  [{ name: 'a', type: 'Enum' }, { values: 'at least one value' }],
  [{ name: 'a', type: 'Enum', values: ['x', 'x'] }, { 'values[1]': 'is listed twice' }],
  [{ name: 'a', type: 'Int', default: 1.5 }, { default: 'must be a whole number' }],
  [{ name: 'a', type: 'Int', default: 2 ** 31 }, { default: 'must be a whole number' }],
  [{ name: 'a', type: 'BigInt', default: 2 ** 53 }, { default: 'must be a whole number' }],
  [{ name: 'a', type: 'Float', default: NaN }, { default: 'must be a finite number' }],
  [{ name: 'a', type: 'String', length: 2, default: 'abc' }, { default: 'at most 2 characters' }],
  [{ name: 'a', type: 'Decimal', precision: 3, scale: 1, default: 1.25 }, { default: 'must fit numeric(3, 1)' }],
  [{ name: 'a', type: 'Text', default: '\ud800' }, { default: 'surrogate' }],
  [{ name: 'a', type: 'Uuid', default: 'x' }, { default: 'must be a uuid' }],
  [{ name: 'a', type: 'Bytes', default: 'x' }, { default: 'must be a Buffer' }],
  [{ name: 'a', type: 'Json', default: { a: undefined } }, { default: 'must be a JSON value' }],
  [{ name: 'a', type: 'Enum', values: ['x'], default: 'y' }, { default: 'must be one of values' }],
  [{ name: 'a', type: 'Int', nullable: false, default: null }, { default: 'not nullable' }],
  [{ name: 'a', type: 'Int', references: 't' }, { references: 'must be an object' }],
  [
    { name: 'a', type: 'Int', references: { ...reference, onDelete: 'NOTHING' } },
    { 'references.onDelete': 'must be one of' },
  ],
  [
    { name: 'a', type: 'Int', references: { ...reference, schema: 'globex' } },
    { 'references.schema': 'neither the org' },
  ],
  ['a', { '': 'must be an object' }],
];

const MODELS: [unknown, Faults][] = [
  [{ fields: [] }, { table: 'is missing' }],
  [{ table: 'm' }, { fields: 'is missing' }],
  [{ table: 'm', fields: {} }, { fields: 'must be a list' }],
  [{ table: 'a b', fields: [] }, { table: 'must be letters, digits' }],
  [{ table: 'm', fields: [], index: [] }, { index: 'unknown key' }],
  [{ table: 'm', fields: [id('a'), id('a')] }, { 'fields[1].name': 'duplicates fields[0].name' }],
  [{ table: 'm', fields: [id('a')], indexes: [{ columns: ['b'] }] }, { 'indexes[0].columns[0]': 'is not a field' }],
  [{ table: 'm', fields: [id('a')], indexes: [{ columns: [] }] }, { 'indexes[0].columns': 'must not be empty' }],
  [
    { table: 'm', fields: [id('a')], indexes: [{ columns: ['a'], name: 'm' }] },
    { 'indexes[0]': 'has the name of table' },
  ],
  [
    { table: 'm', fields: [id('a')], foreignKeys: [{ columns: ['a'], references: { ...several(['x', 'y']) } }] },
    { 'foreignKeys[0].references.columns': 'must be as many as columns' },
  ],
  [
    {
      table: 'm',
      fields: [id('a')],
      foreignKeys: [{ columns: ['a'], references: { ...several(['x']), schema: 'globex' } }],
    },
    { 'foreignKeys[0].references.schema': 'neither the org' },
  ],
  [
    {
      table: 'm',
      fields: [
        { ...id('a'), requird: 1 },
        { name: 'b c', type: 'Int' },
      ],
      comment: 1,
    },
    { 'fields[0].requird': 'unknown key', 'fields[1].name': 'must be letters', comment: 'must be a string' },
  ],
];

function id(name: string): FieldSpec {
  return { name, type: 'Int' };
}

function several(columns: string[]): object {
  return { schema: 'acme', table: 't', columns, onDelete: 'CASCADE' };
}

const REFUSALS: readonly ErrorCode[] = ['INVALID_SPEC', 'INVALID_IDENTIFIER', 'CROSS_TENANT_REFERENCE'];

/** Expects a change to be refused for these faults and no other, wherever it is asked for. */
async function expectFaults(change: (tenant: Knex) => Promise<unknown>, faults: Faults): Promise<void> {
  const wire = countedConnect();
  const error = await migrationError(change(wire.db));
  expect(REFUSALS).toContain(error.code);
  expect(error).toMatchObject({ org: 'acme', retryScope: 'none' });
  expect(Object.fromEntries((error.faults ?? []).map(({ path, message }) => [path, message]))).toEqual(
    Object.fromEntries(Object.entries(faults).map(([path, message]) => [path, expect.stringContaining(message)])),
  );
  for (const path of Object.keys(faults)) expect(error.message).toContain(`${path}: `);
  expect(wire.opened()).toBe(0);
  await wire.db.transaction(async (trx) => {
    await trx.raw('select 1');
    const before = wire.sent.length;
    await migrationError(change(trx));
    expect(wire.sent).toHaveLength(before);
  });
}

const under = (path: string, faults: Faults): Faults =>
  Object.fromEntries(Object.entries(faults).map(([key, message]) => [key === '' ? path : `${path}.${key}`, message]));

it.each(FIELDS)('refuses the field %j, alone and in a model', async (field, faults) => {
  await expectFaults(
    (tenant) => addFieldToModel('acme', 'm', field as FieldSpec, tenant, options),
    under('field', faults),
  );
  const spec = { table: 'm', fields: [id('first'), field as FieldSpec] };
  await expectFaults((tenant) => createModel('acme', spec, tenant, options), under('fields[1]', faults));
});

it.each(MODELS)('refuses the model %j', async (spec, faults) => {
  await expectFaults((tenant) => createModel('acme', spec as ModelSpec, tenant, options), faults);
});

it.each([
  [{ kind: 'dropEverything' }, { kind: 'must be one of createModel, addField, dropField' }],
  [{}, { kind: 'must be one of createModel' }],
  [null, { kind: 'must be one of createModel' }],
  [{ kind: 'toString' }, { kind: 'must be one of createModel' }],
  [{ kind: 'dropField', table: 'm', column: 'a', cascad: true }, { cascad: 'unknown key' }],
  [{ kind: 'dropField', table: 'm' }, { column: 'is missing' }],
  [
    { kind: 'addField', table: 'm', field: { ...id('a'), primaryKey: true } },
    { 'field.primaryKey': 'a key is part of a new model' },
  ],
] as [unknown, Faults][])('refuses the change %j', async (change, faults) => {
  await expectFaults((tenant) => applyChange('acme', change as Change, tenant, options), faults);
});

it('refuses an option that is unknown or out of its range', async () => {
  const wire = countedConnect();
  const wrongs: [object, string][] = [
    [{ lockTimoutMs: 1 }, 'options.lockTimoutMs'],
    [{ lockTimeoutMs: 0 }, 'options.lockTimeoutMs'],
    [{ lockTimeoutMs: 100, statementTimeoutMs: 100 }, 'options.lockTimeoutMs'],
    [{ statementTimeoutMs: 2 ** 31 }, 'options.statementTimeoutMs'],
    [{ retry: { maxAttempts: 0 } }, 'options.retry.maxAttempts'],
    [{ retry: { attempts: 1 } }, 'options.retry.attempts'],
    [{ sharedSchemas: ['pg_catalog'] }, 'options.sharedSchemas[0]'],
    [{ logger: {} }, 'options.logger'],
  ];
  for (const [wrong, path] of wrongs) {
    for (const refused of [
      createModel('acme', { table: 'm', fields: [] }, wire.db, wrong),
      addFieldToModel('acme', 'm', id('a'), wire.db, wrong),
      dropFieldFromModel('acme', 'm', 'a', wire.db, wrong),
      createTenant('acme', wire.db, wrong),
      withTenant('acme', wire.db, async () => undefined, wrong),
      dropTenant('acme', wire.db, { confirm: 'acme', ...wrong }),
    ]) {
      expect(await migrationError(refused)).toMatchObject({ code: 'INVALID_SPEC', faults: [{ path }] });
    }
  }
  expect(wire.opened()).toBe(0);
});

it('rejects, and does not throw', async () => {
  const nothing = undefined as never;
  expect(await rejection(createModel('acme', nothing, connect(), options))).toMatchObject({ code: 'INVALID_SPEC' });
  expect(await rejection(addFieldToModel('acme', 'm', nothing, connect(), options))).toMatchObject({
    code: 'INVALID_SPEC',
  });
  expect(await rejection(createModel(nothing, nothing, connect(), options))).toMatchObject({
    code: 'INVALID_IDENTIFIER',
  });
});

it('copies what it is given: what a caller does to a spec while it runs changes nothing', async () => {
  const db = connect();
  const org = freshOrg();
  await createTenant(org, db, options);
  const fields = [id('a')];
  const creating = createModel(org, { table: 'm', fields }, db, options);
  fields.push({ name: 'b"; drop table m; --', type: 'Int' });
  await expect(creating).resolves.toMatchObject({ changes: [{ fields: [id('a')] }] });
  const columns = ['a'];
  const indexing = addIndex(org, 'm', { columns }, db, options);
  columns[0] = 'b';
  await expect(indexing).resolves.toMatchObject({ changes: [{ columns: ['a'] }] });
});

it('reads each item of a list once: one that is another the second time reaches no SQL', () => {
  let reads = 0;
  const columns = Object.defineProperty([''], 0, {
    get: () => {
      reads += 1;
      return reads === 1 ? 'a' : 'a"); drop table m; --';
    },
  });
  expect(JSON.stringify(planChange('acme-corp', { kind: 'addIndex', table: 'm', columns }))).not.toContain('drop');
});

import type { Knex } from 'knex';
import {
  addReference,
  alterField,
  applyChanges,
  createModel,
  createModels,
  createTenant,
  dropReference,
  planChange,
  renameField,
  type Change,
} from '../../../lib';
import { readTable } from '../../support/catalog';
import { quiet, recordedLog } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { migrationError } from '../../support/rejection';

const db = connect();
const options = { logger: quiet, hazards: 'allow' } as const;

let org: string;

beforeEach(async () => {
  org = freshOrg();
  await createTenant(org, db, options);
  await createModels(
    org,
    [
      {
        table: 'customer',
        fields: [
          { name: 'id', type: 'Int' },
          { name: 'region', type: 'Int', unique: true },
        ],
      },
      {
        table: 'invoice',
        fields: [
          { name: 'id', type: 'Int' },
          { name: 'customer_id', type: 'Int' },
          { name: 'place', type: 'Int' },
        ],
      },
      {
        table: 'place',
        fields: [
          { name: 'a', type: 'Int', primaryKey: true },
          { name: 'b', type: 'Int', primaryKey: true },
        ],
      },
    ],
    db,
    options,
  );
});

async function keysOf(table: string, on: Knex = db): Promise<unknown> {
  return (await readTable(on, org, table))?.foreignKeys.map(({ name: _name, ...key }) => key);
}

const toCustomer = { columns: ['customer_id'], references: { table: 'customer', columns: ['id'] } } as const;

describe('a reference that is added', () => {
  it('is of the org where no schema is named, and does nothing to the rows where nothing is said', async () => {
    await addReference(org, 'invoice', toCustomer, db, options);
    expect(await keysOf('invoice')).toEqual([
      {
        columns: ['customer_id'],
        validated: true,
        references: {
          ...{ schema: org, table: 'customer', columns: ['id'] },
          ...{ onDelete: 'NO ACTION', onUpdate: 'NO ACTION', deferrable: false },
        },
      },
    ]);
  });

  it.each([
    [
      { onDelete: 'CASCADE', onUpdate: 'SET NULL', deferrable: true },
      ' on delete cascade on update set null deferrable',
    ],
    [
      { onDelete: 'NO ACTION', onUpdate: 'RESTRICT', deferrable: 'deferred' },
      ' on update restrict deferrable initially deferred',
    ],
  ] as const)('does %j', async (does, sql) => {
    const references = { ...toCustomer.references, ...does };
    const ran = await addReference(org, 'invoice', { ...toCustomer, references }, db, options);
    expect(ran.statements[0]?.endsWith(`references "${org}"."customer" ("id")${sql}`)).toBe(true);
    expect(await keysOf('invoice')).toMatchObject([{ references: does }]);
  });

  it('does the same in a model and on a field that is added', async () => {
    const references = { table: 'customer', column: 'id', onUpdate: 'CASCADE', deferrable: 'deferred' } as const;
    await createModel(org, { table: 'note', fields: [{ name: 'c', type: 'Int', references }] }, db, options);
    const field = { name: 'd', type: 'Int', references } as const;
    await applyChanges(org, [{ kind: 'addField', table: 'note', field }], db, options);
    const whole = { ...references, schema: org, columns: ['id'], onDelete: 'NO ACTION', column: undefined };
    expect(await keysOf('note')).toMatchObject([{ columns: ['c'] }, { columns: ['d'] }]);
    for (const { references: found } of (await readTable(db, org, 'note'))?.foreignKeys ?? []) {
      expect({ ...found, column: undefined }).toEqual(whole);
    }
  });

  it('can be of several fields, and is then found by them in any order', async () => {
    const key = { columns: ['customer_id', 'place'], references: { table: 'place', columns: ['a', 'b'] } };
    await addReference(org, 'invoice', key, db, options);
    expect(await keysOf('invoice')).toMatchObject([{ columns: ['customer_id', 'place'] }]);
    await dropReference(org, 'invoice', ['place', 'customer_id'], db, options);
    expect(await keysOf('invoice')).toEqual([]);
  });

  it('is in the log by its fields', async () => {
    const { logger, records } = recordedLog();
    await addReference(org, 'invoice', toCustomer, db, { logger, hazards: 'allow' });
    await dropReference(org, 'invoice', ['customer_id'], db, { logger });
    expect(records()).toMatchObject([
      { level: 'info', message: 'ADD CONSTRAINT', table: 'invoice', fields: ['customer_id'] },
      { level: 'info', message: 'DROP CONSTRAINT', table: 'invoice', fields: ['customer_id'] },
    ]);
  });

  it('counts the rows that refer to none, and leaves everything as it was', async () => {
    await db('customer').withSchema(org).insert({ id: 1 });
    await db('invoice')
      .withSchema(org)
      .insert([1, 2, 3, null].map((customer_id, id) => ({ id, customer_id })));
    const error = await migrationError(addReference(org, 'invoice', toCustomer, db, options));
    expect(error).toMatchObject({ code: 'FOREIGN_KEY_VIOLATION', org, table: 'invoice' });
    expect(error.message).toMatch(
      /Correct these first\. To find them: select \* from "[^"]+"\."invoice" where ctid in \('\(0,2\)', '\(0,3\)'\)\. In the way: 2 rows\.$/,
    );
    expect(await keysOf('invoice')).toEqual([]);
    const [, query = ''] = /To find them: (.*?)\. In the way/.exec(error.message) ?? [];
    const { rows } = await db.raw<{ rows: Record<string, unknown>[] }>(query);
    expect(rows.map(({ customer_id }) => customer_id)).toEqual([2, 3]);
  });

  it.each([
    ['of the same name', async (trx: Knex): Promise<unknown> => addReference(org, 'invoice', toCustomer, trx, options)],
    [
      'of another name',
      async (trx: Knex): Promise<unknown> =>
        trx.raw(
          'alter table ??.invoice add constraint given foreign key (customer_id) references ??.customer (region)',
          [org, org],
        ),
    ],
  ])('is refused beside one %s', async (_what, before) => {
    await before(db);
    const had = await keysOf('invoice');
    expect(await migrationError(addReference(org, 'invoice', toCustomer, db, options))).toMatchObject({
      code: 'REFERENCE_EXISTS',
      table: 'invoice',
    });
    expect(await keysOf('invoice')).toEqual(had);
  });

  it.each<[string, object, object]>([
    ['a table that is not there', { table: 'nothing', columns: ['id'] }, { code: 'REFERENCE_NOT_FOUND' }],
    ['a column that is not there', { table: 'customer', columns: ['nothing'] }, { code: 'REFERENCE_NOT_FOUND' }],
    ['a column that its own table lacks', { table: 'invoice', columns: ['nothing'] }, { code: 'REFERENCE_NOT_FOUND' }],
    ['columns that no key is on', { table: 'invoice', columns: ['place'] }, { code: 'REFERENCE_NOT_FOUND' }],
  ])('is refused to %s', async (_what, references, expected) => {
    const change = {
      kind: 'addReference',
      table: 'invoice',
      columns: ['customer_id'],
      references,
    } as unknown as Change;
    expect(await migrationError(applyChanges(org, [change], db, options))).toMatchObject(expected);
  });

  it.each([{ onDelete: 'SET NULL' }, { onUpdate: 'SET NULL' }] as const)(
    'with %j is refused where the field cannot be null, as the catalog has it',
    async (action) => {
      const setting = { ...toCustomer, references: { ...toCustomer.references, ...action } };
      await alterField(org, 'invoice', 'customer_id', { nullable: false }, db, options);
      const error = await migrationError(addReference(org, 'invoice', setting, db, options));
      expect(error).toMatchObject({ code: 'INVALID_SPEC', table: 'invoice', column: 'customer_id' });
      expect(error.message).toMatch(
        /^"customer_id" of .* is not nullable\. SET NULL needs .*\. Nothing was changed\.$/,
      );
      expect(await keysOf('invoice')).toEqual([]);
      await alterField(org, 'invoice', 'customer_id', { nullable: true }, db, options);
      await addReference(org, 'invoice', setting, db, options);
    },
  );

  it('names each field that cannot be null', async () => {
    const several = {
      columns: ['id', 'place'],
      references: { table: 'place', columns: ['a', 'b'], onDelete: 'SET NULL' },
    };
    const error = await migrationError(addReference(org, 'invoice', several as never, db, options));
    expect(error.message).toMatch(/^"id" of /);
  });

  it('does not trust a catalog that is older than its lock to say that a field can be null', async () => {
    const setting = { ...toCustomer, references: { ...toCustomer.references, onDelete: 'SET NULL' as const } };
    const at = { isolationLevel: 'repeatable read' } as const;
    const failed = db.transaction(async (trx) => addReference(org, 'invoice', setting, trx, options), at);
    expect(await migrationError(failed)).toMatchObject({ code: 'DATABASE_ERROR', sqlState: 'TD010' });
    await db.transaction(async (trx) => addReference(org, 'invoice', toCustomer, trx, options), at);
  });

  it('is refused from what is not there', async () => {
    const elsewhere = { ...toCustomer, columns: ['nothing'] };
    expect(await migrationError(addReference(org, 'invoice', elsewhere, db, options))).toMatchObject({
      code: 'FIELD_NOT_FOUND',
      column: 'nothing',
    });
    expect(await migrationError(addReference(org, 'nothing', toCustomer, db, options))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });

  it('is refused to another tenant, and to nothing', () => {
    const other = { kind: 'addReference', table: 'invoice', columns: ['customer_id'] } as const;
    const to = { schema: 'globex', table: 'customer', columns: ['id'] };
    expect(() => planChange(org, { ...other, references: to })).toThrow(
      expect.objectContaining({
        code: 'CROSS_TENANT_REFERENCE',
        faults: [expect.objectContaining({ path: 'references.schema' })],
      }),
    );
    expect(() => planChange(org, { ...other, columns: [], references: to })).toThrow('columns: must not be empty');
    expect(() => planChange(org, { ...other, references: { ...to, columns: ['a', 'b'] } })).toThrow(
      'references.columns: must be as many as columns',
    );
  });
});

describe('a reference that is dropped', () => {
  it('is found by its fields, whatever its name and wherever it came from', async () => {
    await db.raw('alter table ??.invoice add constraint given foreign key (customer_id) references ??.customer', [
      org,
      org,
    ]);
    await addReference(
      org,
      'invoice',
      { columns: ['place'], references: { table: 'customer', columns: ['region'] } },
      db,
      options,
    );
    await renameField(org, 'invoice', 'place', 'spot', db, options);
    await dropReference(org, 'invoice', ['customer_id'], db, options);
    expect(await keysOf('invoice')).toMatchObject([{ columns: ['spot'] }]);
    await dropReference(org, 'invoice', ['spot'], db, options);
    expect(await keysOf('invoice')).toEqual([]);
  });

  it('is never another constraint that has its name', async () => {
    await addReference(org, 'invoice', toCustomer, db, options);
    const { rows } = await db.raw(`select conname from pg_constraint where conrelid = ?::regclass and contype = 'f'`, [
      `"${org}".invoice`,
    ]);
    await db.raw(
      `alter table ??.invoice drop constraint ??, add constraint ?? check (place > 0),
        add constraint given foreign key (customer_id) references ??.customer`,
      [org, rows[0].conname, rows[0].conname, org],
    );
    const error = await migrationError(dropReference(org, 'invoice', ['customer_id'], db, options));
    expect(error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', table: 'invoice', column: 'customer_id' });
    expect(error.message).toContain(`has a constraint "${rows[0].conname}"`);
    expect((await readTable(db, org, 'invoice'))?.checks).toHaveLength(1);
    expect(await keysOf('invoice')).toHaveLength(1);
  });

  it('is not one over other fields too', async () => {
    const key = { columns: ['customer_id', 'place'], references: { table: 'place', columns: ['a', 'b'] } };
    await addReference(org, 'invoice', key, db, options);
    const error = await migrationError(dropReference(org, 'invoice', ['place'], db, options));
    expect(error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', table: 'invoice' });
    expect(error.message).toBe(`"${org}"."invoice" has no foreign key over "place" alone. Nothing was changed.`);
    expect(await keysOf('invoice')).toHaveLength(1);
  });
});

it('changes the type of a key with all that refers to it, in one list', async () => {
  await addReference(org, 'invoice', toCustomer, db, options);
  await db('customer').withSchema(org).insert({ id: 7 });
  await db('invoice').withSchema(org).insert({ id: 1, customer_id: 7 });
  const set = { type: 'Text' } as const;
  // PostgreSQL refuses either alone: the two ends of a key are of one type.
  expect(await migrationError(alterField(org, 'customer', 'id', set, db, options))).toMatchObject({
    code: 'INVALID_SPEC',
  });
  await applyChanges(
    org,
    [
      { kind: 'dropReference', table: 'invoice', columns: ['customer_id'] },
      { kind: 'alterField', table: 'customer', column: 'id', set },
      { kind: 'alterField', table: 'invoice', column: 'customer_id', set },
      { kind: 'addReference', table: 'invoice', ...toCustomer },
    ],
    db,
    options,
  );
  expect(await keysOf('invoice')).toMatchObject([{ columns: ['customer_id'], validated: true }]);
  expect(await db('invoice').withSchema(org)).toEqual([{ id: 1, customer_id: '7', place: null }]);
});

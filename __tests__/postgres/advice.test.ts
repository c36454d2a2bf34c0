import {
  addFieldToModel,
  addIndex,
  alterField,
  applyChanges,
  createModel,
  createTenant,
  dropIndex,
  dropModel,
  withTenant,
  type Change,
  type FieldSpec,
} from '../../lib';
import { connect, freshOrg, freshRole, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { throughProxy } from '../support/through-proxy';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 } });
const id: FieldSpec = { name: 'id', type: 'Int' };

beforeEach(async () => {
  await createModel(org, { table: 't', fields: [id, { name: 'x', type: 'Text' }] }, db, options);
});

it.each([
  ['addIndex', () => addIndex(org, 't', { columns: ['x'] }, db, options)],
  ['unique', () => alterField(org, 't', 'x', { unique: true }, db, options)],
])('%s on values that are too long for an index speaks of the index', async (_what, change) => {
  await db.raw(`insert into ??.t select 1, string_agg(md5(i::text), '') from generate_series(1, 1000) i`, [org]);
  const error = await migrationError(change());
  expect(error.sqlState).toBe('54000');
  expect(error.message).toContain('too long for an index');
  expect(error.message).not.toContain('default');
});

it('an index that is there or is not has a code of its own', async () => {
  await addIndex(org, 't', { columns: ['x'], name: 'by_x' }, db, options);
  const taken = await migrationError(addIndex(org, 't', { columns: ['id'], name: 'by_x' }, db, options));
  expect(taken).toMatchObject({ code: 'INDEX_EXISTS', org });
  const missing = await migrationError(dropIndex(org, 't', 'by_y', db, options));
  expect(missing).toMatchObject({ code: 'INDEX_NOT_FOUND', org, table: 't' });
  expect(missing.message).toContain('by_y');
});

describe('a role without the right', () => {
  let app: ReturnType<typeof connect>;
  let role: string;

  beforeEach(async () => {
    role = freshRole();
    await db.raw(`create role ?? login password 'x'; grant usage, create on schema ?? to ??`, [role, org, role]);
    const url = Object.assign(new URL(serverUrl()), { username: role, password: 'x' });
    app = connect({ connection: { connectionString: url.toString() } });
  });

  it.each([
    ['CREATE on the database', () => createTenant(freshOrg(), app, options), 'CREATE on the database'],
    ['ownership', () => addFieldToModel(org, 't', { name: 'y', type: 'Int' }, app, options), 'own the table'],
    [
      'REFERENCES',
      () =>
        createModel(
          org,
          {
            table: 'u',
            fields: [
              id,
              { name: 't', type: 'Int', references: { schema: org, table: 't', column: 'id', onDelete: 'CASCADE' } },
            ],
          },
          app,
          options,
        ),
      'REFERENCES',
    ],
  ])('is told that %s is missing, in words of ours and in those of PostgreSQL', async (_right, change, word) => {
    const error = await migrationError(change());
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', sqlState: '42501' });
    expect(error.message).toContain(word);
    expect(error.message).toContain((error.cause as Error).message);
  });

  it('has no cause in the message where the schema may not be used', async () => {
    const other = freshOrg();
    await createTenant(other, db, options);
    const error = await migrationError(withTenant(other, app, async () => undefined, options));
    expect(error.code).toBe('PERMISSION_DENIED');
    expect(error.message).not.toContain('undefined');
  });
});

describe("another tenant's objects", () => {
  it.each([
    ['a view', 'create view ??.v as select x from ??.t'],
    ['a foreign key', 'create table ??.v (t int references ??.t)'],
  ])(
    'that are in the way of a drop, such as %s, are in error.dependents and not in the message',
    async (_what, sql) => {
      const other = freshOrg('globex');
      await db.raw('create schema ??', [other]);
      await db.raw(sql, [other, org]);
      await db.raw('create view ??.own as select x from ??.t', [org, org]);
      for (const on of [
        () => dropModel(org, 't', db, options),
        () => withTenant(org, db, (t) => dropModel(org, 't', t), options),
      ]) {
        const error = await migrationError(on());
        expect(error.code).toBe('DEPENDENT_OBJECTS');
        expect(error.dependents?.join()).toContain(other);
        expect(error.message).not.toContain(other);
        expect(error.message).toContain(`1 outside schema "${org}" (see error.dependents)`);
        expect(error.message).toMatch(/view .*own/);
      }
    },
  );
});

describe('a list of changes', () => {
  const to = (table: string, column = 'id') => ({ schema: org, table, column, onDelete: 'CASCADE' }) as const;

  it.each([
    [
      'a model that is made later',
      (): Change[] => [
        { kind: 'addField', table: 't', field: { name: 'later_id', type: 'Int', references: to('later') } },
        { kind: 'createModel', table: 'later', fields: [id] },
      ],
      { table: 't', column: 'later_id' },
    ],
    [
      'a model that is made after another kind of change',
      (): Change[] => [
        { kind: 'createModel', table: 'first', fields: [id, { name: 'b', type: 'Int', references: to('second') }] },
        { kind: 'addField', table: 't', field: { name: 'n', type: 'Int' } },
        { kind: 'createModel', table: 'second', fields: [id] },
      ],
      { table: 'first' },
    ],
    [
      'a field that is made unique later',
      (): Change[] => [
        { kind: 'createModel', table: 'later', fields: [id, { name: 'code', type: 'Int' }] },
        { kind: 'addField', table: 't', field: { name: 'c', type: 'Int', references: to('later', 'code') } },
        { kind: 'alterField', table: 'later', column: 'code', set: { unique: true } },
      ],
      { table: 't', column: 'c' },
    ],
  ])('that refers to %s is REFERENCE_NOT_FOUND of what refers', async (_what, changes, place) => {
    const error = await migrationError(applyChanges(org, changes(), db, options));
    expect(error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', org, ...place });
  });

  it('names the field that it could not drop', async () => {
    await addIndex(org, 't', { columns: ['id', 'x'] }, db, options);
    const list: Change[] = [
      { kind: 'createModel', table: 'u', fields: [id] },
      { kind: 'dropField', table: 't', column: 'x' },
    ];
    const error = await migrationError(applyChanges(org, list, db, options));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', table: 't', column: 'x' });
    expect(error.message).toContain(`"x" of "${org}"."t"`);
  });
});

it.each([
  ['MODEL_EXISTS', 'create table ??.n (id int)', { kind: 'createModel', table: 'n', fields: [id] }, 'drop table ??.n'],
  [
    'MODEL_NOT_FOUND',
    'select 1',
    { kind: 'addField', table: 'n', field: { name: 'y', type: 'Int' } },
    'create table ??.n (id int)',
  ],
  [
    'FIELD_NOT_FOUND',
    'select 1',
    { kind: 'dropField', table: 'invoice', column: 'y' },
    'alter table ??.invoice add y int',
  ],
] as [string, string, Change, string][])(
  'is %s also where others have changed what the look sees',
  async (code, before, change, others) => {
    const { db: proxied, admin, proxy, org: tenant } = await throughProxy();
    const run = (sql: string): Promise<unknown> => admin.raw(sql, sql.includes('??') ? [tenant] : []);
    try {
      await run(before);
      let passed = false;
      proxy.onExchange(async ({ sql }) => {
        if (passed || !/^rollback\b/i.test(sql)) return;
        passed = true;
        await run(others);
      });
      const error = await migrationError(applyChanges(tenant, [change], proxied, options));
      expect([passed, error.code]).toEqual([true, code]);
    } finally {
      await proxy.close();
    }
  },
);

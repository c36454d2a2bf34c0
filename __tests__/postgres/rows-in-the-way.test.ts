// What a change of a field says of the rows that it failed on: how many, and how to find them; never what they hold.
import type { Knex } from 'knex';
import { alterField, createModel, withTenant, type FieldChangesSpec, type MigrationError } from '../../lib';
import { connect, freshRole, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { needSuperuser } from '../support/rights';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 } });

beforeEach(async () => {
  const fields = [
    { name: 'id', type: 'Int' },
    { name: 'text', type: 'Text' },
    { name: 'kind', type: 'Enum', values: ['a', 'b', 'c'] },
  ] as const;
  await createModel(org, { table: 't', fields }, db, options);
  await db.raw(
    `insert into ??.t values (1, '1', 'a'), (2, 'SECRET', 'b'), (3, 'SECRET', 'b'), (4, null, null), (5, '2', 'c')`,
    [org],
  );
});

const CASES: [string, FieldChangesSpec, code: string, found: string, query: RegExp][] = [
  [
    'text',
    { type: 'Int' },
    'CONVERSION_FAILED',
    '2 rows',
    /select \* from "[^"]+"\."t" where ctid in \('\(0,2\)', '\(0,3\)'\)/,
  ],
  ['kind', { values: ['a'] }, 'CHECK_VIOLATION', '3 rows', /select "kind", count\(\*\) from "[^"]+"\."t" group by 1/],
  ['text', { nullable: false }, 'NOT_NULL_VIOLATION', '1 row', /select \* from "[^"]+"\."t" where "text" is null/],
  ['text', { unique: true }, 'UNIQUE_VIOLATION', '2 rows', /group by 1 having count\(\*\) > 1/],
];

describe.each(CASES)('of %s, changed by %j, which is %s', (column, set, code, found, query) => {
  it.each<[string, (change: (tenant: Knex) => Promise<void>) => Promise<void>]>([
    ['on a plain Knex', (change) => change(db)],
    ["in a caller's transaction, which goes on", (change) => db.transaction(async (trx) => change(trx))],
    ['in withTenant', (change) => withTenant(org, db, change, options)],
  ])('counts them and names the query that finds them, %s', async (_way, run) => {
    await run(async (tenant) => {
      const error = await migrationError(alterField(org, 't', column, set, tenant, options));
      expect(error).toMatchObject({ code, table: 't', column });
      expect(error.message).toMatch(new RegExp(` In the way: ${found}\\.$`));
      expect(error.message).toMatch(query);
      // By its location only where that is known.
      expect(error.message).not.toContain('tableoid');
      expect(error.message).not.toContain('SECRET');
      expect((await tenant('t').withSchema(org).count('*'))[0]).toEqual({ count: '5' });
    });
  });

  it('looks at so many rows, and says of how many', async () => {
    await db.raw('insert into ??.t select i, i::text, null from generate_series(10, 12000) i', [org]);
    const error = await migrationError(alterField(org, 't', column, set, db, options));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/ In the way: \d+ of the first 10,000 rows\.$/);
  });
});

describe('of a change of type', () => {
  /** Runs the query that a message names. */
  async function found(error: Error): Promise<unknown[]> {
    const query = /To find [^:]+: (select .*)\. In the way: /.exec(error.message)?.[1];
    const { rows } = await db.raw(query as string);
    return (rows as { id: number }[]).map(({ id }) => id).sort((a, b) => a - b);
  }

  const change = (table: string, set: FieldChangesSpec): Promise<MigrationError> =>
    migrationError(alterField(org, table, 'x', set, db, options));

  const LOSES: [string, string[], FieldChangesSpec][] = [
    ['float8', ['1.5', '2', '3.25'], { type: 'Int' }],
    ['text', ["'00123'", "'7'", "'1.5e1'", "'010'"], { type: 'Int' }],
    ['varchar(9)', ["'abc  '", "'ab'", "'def '"], { length: 3 }],
    ['timestamptz', ["'2024-02-29T23:30:00Z'", "'2024-02-29T00:00:00Z'", "'2024-02-28T01:00:00Z'"], { type: 'Date' }],
  ];

  it.each(LOSES)('counts and finds the rows of %s that would lose: %j as %j', async (type, [...values], set) => {
    await db.raw(`create table "${org}".losing (id int, x ${type})`);
    for (const [id, value] of values.entries()) await db.raw(`insert into "${org}".losing values (${id}, ${value})`);
    const error = await change('losing', set);
    expect(error).toMatchObject({ code: 'HAZARD_REFUSED', table: 'losing', column: 'x' });
    expect(error.message).toMatch(/hazard dataLoss.* In the way: 2 rows\.$/s);
    const losing = values.length === 4 ? [0, 3] : [0, 2];
    expect(await found(error)).toEqual(losing);
    for (const value of values.filter(({ length }) => length > 3)) expect(error.message).not.toContain(value);
  });

  it('finds rows in each partition', async () => {
    await db.raw(`create table "${org}".parts (id int, x text) partition by list (id);
      create table "${org}".part_1 partition of "${org}".parts for values in (1, 2);
      create table "${org}".part_2 partition of "${org}".parts for values in (3, 4);
      insert into "${org}".parts values (1, 'SECRET'), (2, '7'), (3, '8'), (4, 'SECRET')`);
    const error = await change('parts', { type: 'Int' });
    expect(error.code).toBe('CONVERSION_FAILED');
    expect(await found(error)).toEqual([1, 4]);
    expect(error.message).not.toContain('SECRET');
  });

  it('finds the first of many, and says so', async () => {
    await db.raw(`create table "${org}".many as select i as id, 'SECRET' as x from generate_series(1, 50) i`);
    const error = await change('many', { type: 'Int' });
    expect(error.message).toMatch(/To find the first 20 of them: .* In the way: 50 rows\.$/);
    expect(await found(error)).toHaveLength(20);
  });

  it('counts none where the new type depends on the column', async () => {
    await db.raw(`create table "${org}".part (id int, x numeric(10, 4)); insert into "${org}".part values (1, 1.2345)`);
    const error = await change('part', { scale: 2 });
    expect(error.message).toContain('hazard dataLoss');
    expect(error.message).not.toContain('In the way');
  });
});

it('reports the failure without a count where the role may not look', async () => {
  needSuperuser('give a table to another role');
  const role = freshRole();
  await db.raw(`create role ?? login password 'x'`, [role]);
  await db.raw('grant all on schema ?? to ??', [org, role]);
  await db.raw('alter table ??.t owner to ??', [org, role]);
  const url = Object.assign(new URL(serverUrl()), { username: role, password: 'x' });
  const owner = connect({ connection: { connectionString: url.href } });
  await owner.raw('revoke select on ??.t from current_user', [org]);
  const change = (tenant: Knex) => migrationError(alterField(org, 't', 'text', { nullable: false }, tenant, options));
  const inTransaction = await owner.transaction(async (trx) => {
    const error = await change(trx);
    await trx.raw('select 1');
    return error;
  });
  for (const error of [await change(owner), inTransaction]) {
    expect(error.code).toBe('NOT_NULL_VIOLATION');
    expect(error.message).not.toContain('In the way');
  }
});

it('reports the failure with its code where the count takes longer than the caller lets a statement take', async () => {
  await db.raw(`insert into ??.t select i, 'no number', null from generate_series(10, 12000) i`, [org]);
  await db.transaction(async (trx) => {
    await trx.raw(`set local statement_timeout = '20ms'`);
    const error = await migrationError(alterField(org, 't', 'text', { type: 'Int' }, trx, options));
    expect(error).toMatchObject({ code: 'CONVERSION_FAILED', table: 't', column: 'text' });
    await trx.raw('select 1');
  });
});

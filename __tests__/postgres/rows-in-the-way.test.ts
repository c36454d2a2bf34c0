// What a change of a field says of the rows that it failed on: how many, and how to find them; never what they hold.
import type { Knex } from 'knex';
import { alterField, createModel, createTenant, withTenant, type FieldChangesSpec } from '../../lib';
import { quiet } from '../support/log';
import { connect, freshOrg, freshRole, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { needSuperuser } from '../support/rights';

const db = connect();
const options = { logger: quiet, retry: { maxAttempts: 1 } } as const;
let org: string;

beforeEach(async () => {
  org = freshOrg();
  await createTenant(org, db, options);
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
  ['text', { type: 'Int' }, 'CONVERSION_FAILED', '2 rows', /previewConversion/],
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

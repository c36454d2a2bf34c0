// What is dropped with a table, and what of others has to stay.
import { createModel, createTenant, dropModel } from '../../../lib';
import { freshOrg, freshRole, serverUrl, connect } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { tenantTest } from '../../support/tenant-test';
import { until, waitingFor } from '../../support/through-proxy';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 }, lockTimeoutMs: 15_000 });
let other: string;

const sql = (text: string, on = db): Promise<unknown> => on.raw(text, { org, other });
const drop = (tenant = db): Promise<unknown> => dropModel(org, 't', tenant, options);

async function isThere(schema: string, name: string): Promise<boolean> {
  const { rows } = await db.raw('select to_regclass(?) is not null as there', [`"${schema}".${name}`]);
  return (rows as { there: boolean }[])[0]?.there === true;
}

beforeEach(async () => {
  other = freshOrg();
  await createTenant(other, db, options);
});

it('drops a table with its partitions, at every level', async () => {
  await sql(`create table :org:.t (a int, b int) partition by list (a);
    create table :org:.t1 partition of :org:.t default partition by list (b); create table :org:.t2 partition of :org:.t1 default`);
  await drop();
  expect([await isThere(org, 't'), await isThere(org, 't2')]).toEqual([false, false]);
});

it.each([
  [
    'a partition',
    `create table :org:.t (a int) partition by list (a); create table :other:.theirs partition of :org:.t default`,
    'table',
  ],
  [
    'a partition of a partition',
    `create table :org:.t (a int, b int) partition by list (a);
      create table :org:.t1 partition of :org:.t default partition by list (b); create table :other:.theirs partition of :org:.t1 default`,
    'table',
  ],
  ['a child', `create table :org:.t (a int); create table :other:.theirs () inherits (:org:.t)`, 'table'],
  [
    'statistics',
    `create table :org:.t (a int, b int); create statistics :other:.theirs on a, b from :org:.t`,
    'statistics object',
  ],
])('refuses to drop %s of another schema with it', async (_what, text, type) => {
  await sql(text);
  for (const isolationLevel of ['read committed', 'repeatable read'] as const) {
    const error = await migrationError(db.transaction((trx) => drop(trx), { isolationLevel }));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', org, table: 't' });
    expect(error.dependents).toEqual([expect.stringMatching(new RegExp(`^${type} .*theirs`))]);
    expect(error.message).not.toContain('theirs');
  }
  expect(await isThere(org, 't')).toBe(true);
});

it.each(['read committed', 'repeatable read'] as const)(
  'sees a partition that comes to another schema while it waits, at %s',
  async (isolationLevel) => {
    await sql(`create table :org:.t (a int, b int) partition by list (a);
      create table :org:.t1 partition of :org:.t default partition by list (b)`);
    const theirs = await db.transaction();
    await sql('create table :other:.theirs partition of :org:.t1 default', theirs);
    const dropped = db.transaction(
      async (trx) => {
        await trx.raw('select 1 from pg_class limit 1');
        await drop(trx);
      },
      { isolationLevel },
    );
    dropped.catch(() => undefined);
    await until(async () => (await waitingFor(db, org, 't1')) > 0);
    await theirs.commit();
    expect(await migrationError(dropped)).toMatchObject({ code: 'DEPENDENT_OBJECTS' });
    expect(await isThere(other, 'theirs')).toBe(true);
  },
);

it('lets the owner of the schema drop a table of another role', async () => {
  await createModel(org, { table: 't', fields: [{ name: 'id', type: 'Int' }] }, db, options);
  const role = freshRole();
  await db.raw(`create role ?? login password 'x'`, [role]);
  await db.raw('alter schema ?? owner to ??', [org, role]);
  const url = Object.assign(new URL(serverUrl()), { username: role, password: 'x' });
  await drop(connect({ connection: { connectionString: url.href } }));
  expect(await isThere(org, 't')).toBe(false);
});

import { Client } from 'pg';
import { assertNoLeaks, connect, findLeaks, freshOrg, freshRole, serverUrl } from '../support/postgres';

const db = connect();

const leaks = async (): Promise<string> => (await findLeaks()).join('\n');

it('finds nothing after a test that cleaned up', async () => {
  await db.transaction((trx) => trx.raw('select pg_advisory_xact_lock(1)'));
  await expect(findLeaks()).resolves.toEqual([]);
});

it('finds a transaction left open, and the connection it keeps', async () => {
  const trx = await db.transaction();
  await trx.raw('select 1');
  expect(await leaks()).toMatch(/session idle in transaction.*\n.*1 connection\(s\) not given back/);
  await trx.rollback();
});

it('finds an advisory lock that outlives its statement', async () => {
  await db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(1)');
    expect(await leaks()).toMatch(/advisory lock/);
  });
});

it('finds a connection that nobody closed', async () => {
  const client = new Client(serverUrl());
  await client.connect();
  expect(await leaks()).toMatch(/connection not closed/);
  await client.end();
});

it('finds a schema and a role that are not dropped by themselves', async () => {
  const org = freshOrg();
  const role = freshRole();
  await db.raw('create schema ??; create schema ??; create role ??; create role ??', [
    org,
    `${org}-copy`,
    role,
    `${role}-copy`,
  ]);
  await expect(findLeaks()).resolves.toEqual([`schema ${org}-copy`, `role ${role}-copy`]);
  await db.raw('drop schema ??; drop role ??', [`${org}-copy`, `${role}-copy`]);
});

it('fails the test when something is left', async () => {
  const trx = await db.transaction();
  await trx.raw('select 1');
  await expect(assertNoLeaks({ graceMs: 0 })).rejects.toThrow(/Left on the server:\n {2}session idle in transaction/);
  await trx.rollback();
});

describe('a schema from freshOrg', () => {
  let org: string;

  it('may hold more tables than one transaction can drop', async () => {
    org = freshOrg();
    await db.raw('create schema ??', [org]);
    await db.raw(`do $$ begin for i in 1..600 loop
      execute format('create table %I.%I (id int)', '${org}', 't' || i);
    end loop; end $$`);
  });

  it('is gone in the next test', async () => {
    const { rows } = await db.raw('select from pg_namespace where nspname = ?', [org]);
    expect(rows).toEqual([]);
  });
});

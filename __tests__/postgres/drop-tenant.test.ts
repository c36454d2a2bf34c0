import type { Knex } from 'knex';
import { createModel, createTenant, dropTenant, withTenant, type FieldSpec } from '../../lib';
import { tablesOf } from '../support/catalog';
import { freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();
const once = { ...options, retry: { maxAttempts: 1 } };
const id: FieldSpec = { name: 'id', type: 'Int' };

beforeEach(async () => {
  await createModel(org, { table: 'customer', fields: [id] }, db, options);
});

async function isThere(schema: string): Promise<boolean> {
  return (await db.raw('select from pg_namespace where nspname = ?', [schema])).rows.length > 0;
}

/** Tables with a key and room for long text: each takes four locks of the server. */
async function createTables(count: number): Promise<void> {
  // In batches, as each of these transactions takes locks too.
  for (let done = 0; done < count; done += 250) {
    await db.raw(
      `do $do$ begin for i in ${done + 1} .. ${Math.min(done + 250, count)} loop
        execute format('create table %I.%I (id int primary key, note text)', '${org}', 't' || i);
      end loop; end $do$`,
    );
  }
}

it('drops the schema with all that is in it, and no other', async () => {
  const other = freshOrg();
  await createTenant(other, db, options);
  await createModel(other, { table: 'customer', fields: [id] }, db, options);
  const result = await dropTenant(org, db, { ...options, confirm: org });
  expect(result).toMatchObject({ org, changes: [], attempts: 1 });
  expect(result.statements.at(-1)).toBe(`drop schema "${org}"`);
  expect(await isThere(org)).toBe(false);
  expect(await tablesOf(db, other)).toEqual(['customer']);
});

it('drops the schema of an org that a function finds the server of', async () => {
  await dropTenant(org, async () => db, { ...options, confirm: org });
  expect(await isThere(org)).toBe(false);
});

it('wants the org to be confirmed, and asks nobody without', async () => {
  const wire = countedConnect();
  for (const wrong of ['', `${org}x`, org.toUpperCase(), undefined, true]) {
    const error = await migrationError(dropTenant(org, wire.db, { ...options, confirm: wrong as string }));
    expect(error).toMatchObject({ code: 'INVALID_SPEC', org });
    expect(error.message).toContain(`{ confirm: '${org}' }`);
  }
  expect(wire.opened()).toBe(0);
  expect(await isThere(org)).toBe(true);
});

it('says that there is no such tenant', async () => {
  const missing = `${org}-missing`;
  const refused = dropTenant(missing, db, { ...options, confirm: missing });
  await expect(refused).rejects.toMatchObject({ code: 'TENANT_NOT_FOUND', org: missing });
});

it('refuses a transaction, since it takes several', async () => {
  const refuse = async (trx: Knex): Promise<void> => {
    await expect(dropTenant(org, trx, { ...options, confirm: org })).rejects.toMatchObject({ code: 'INVALID_SPEC' });
  };
  await db.transaction(refuse);
  await withTenant(org, db, refuse, options);
  expect(await isThere(org)).toBe(true);
});

it('drops 3,000 tables at the default settings of the server', async () => {
  await createTables(3000);
  const { statements } = await dropTenant(org, db, { ...options, confirm: org });
  expect(await isThere(org)).toBe(false);
  // No statement asks for more locks than the server has for all its sessions.
  for (const statement of statements) expect(statement.split(',').length).toBeLessThanOrEqual(500);
}, 120_000);

it('goes on where a call before it failed half-way', async () => {
  await createTables(250);
  const blocked = 't1';
  await db.transaction(async (holder) => {
    await holder.raw('lock table ??.?? in access share mode', [org, blocked]);
    const refused = dropTenant(org, db, { ...once, lockTimeoutMs: 20, confirm: org });
    await expect(refused).rejects.toMatchObject({ code: 'LOCK_TIMEOUT', org });
  });
  const left = await tablesOf(db, org);
  expect(left).toContain(blocked);
  expect(left.length).toBeLessThan(251);
  await dropTenant(org, db, { ...options, confirm: org });
  expect(await isThere(org)).toBe(false);
});

describe('what is outside and needs what is inside', () => {
  let outside: string;

  beforeEach(async () => {
    outside = freshOrg('outside');
    await db.raw('create schema ??', [outside]);
  });

  it.each([
    ['a view', 'create view $out.needs as select id from $org.customer', 'view'],
    ['a materialized view', 'create materialized view $out.needs as select id from $org.customer', 'view'],
    ['a foreign key', 'create table $out.needs (customer int references $org.customer)', 'foreign key'],
    ['a table that inherits, with its rows', 'create table $out.needs () inherits ($org.customer)', 'table'],
    ['a column of a type', 'create type $org.mood as enum (); create table $out.needs (m $org.mood)', 'column'],
    ['a domain over a type', 'create type $org.mood as enum (); create domain $out.needs as $org.mood', 'type'],
    ['a default', `create sequence $org.s; create table $out.needs (n int default nextval('$org.s'))`, 'default'],
    [
      'a trigger',
      `create function $org.f() returns trigger language plpgsql as 'begin return new; end';
       create table $out.needs (); create trigger t before insert on $out.needs execute function $org.f()`,
      'trigger',
    ],
  ])('refuses where that is %s, and drops nothing', async (_what, text, word) => {
    await db.raw(text.replaceAll('$out', `"${outside}"`).replaceAll('$org', `"${org}"`));
    await createModel(org, { table: 'invoice', fields: [id] }, db, options);
    const error = await migrationError(dropTenant(org, db, { ...options, confirm: org }));
    expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', org, retryScope: 'none' });
    expect(error.message).toContain(word);
    expect(error.message).toContain(outside);
    // A key is one thing that needs, not one and its triggers.
    expect(error.message).not.toContain('RI_ConstraintTrigger');
    expect(error.message).toMatch(/Drop these first\.$/);
    expect(await tablesOf(db, org)).toEqual(['customer', 'invoice']);
  });

  it('is no matter where it is inside as well', async () => {
    await db.raw(
      `create view ??.v as select id from ??.customer; create table ??.t (customer int references ??.customer)`,
      [org, org, org, org],
    );
    await dropTenant(org, db, { ...options, confirm: org });
    expect(await isThere(org)).toBe(false);
  });
});

it('drops what others made there, whatever its name and kind', async () => {
  const names = [
    'a.b',
    'a"b',
    "a'b",
    ' pad ',
    '?',
    'a ?? b',
    'a\\?b',
    '\\\\?',
    ':name',
    '$1',
    '%I',
    'select',
    'a, customer',
    `x"; drop schema "${org}" cascade; --`,
    'a\nb',
    '請'.repeat(21),
  ];
  const client = await db.client.acquireRawConnection();
  try {
    // By the driver: knex would change the names.
    const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
    const schema = quote(org);
    for (const name of names) {
      await client.query(`create table ${schema}.${quote(name)} (id int primary key, ${quote(name)} text)`);
      await client.query(`create sequence ${schema}.${quote(`s${name}`.slice(0, 20))}`);
      await client.query(
        `create view ${schema}.${quote(`v${name}`.slice(0, 20))} as select * from ${schema}.${quote(name)}`,
      );
    }
    await client.query(`create table ${schema}.p (id int) partition by range (id);
      create table ${schema}.p1 partition of ${schema}.p for values from (1) to (9);
      create materialized view ${schema}.m as select * from ${schema}.p;
      create type ${schema}.e as enum ('a'); create type ${schema}.c as (a int);
      create domain ${schema}.d as int; create table ${schema}.uses (e ${schema}.e, d ${schema}.d, c ${schema}.c);
      create function ${schema}.f() returns int language sql as 'select 1';
      create table ${schema}.child () inherits (${schema}.customer)`);
  } finally {
    await db.client.destroyRawConnection(client);
  }
  await dropTenant(org, db, { ...options, confirm: org });
  expect(await isThere(org)).toBe(false);
});

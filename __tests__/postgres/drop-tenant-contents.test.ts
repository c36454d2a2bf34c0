import type { Knex } from 'knex';
import { createModel, createModels, dropTenant, MigrationError, type FieldSpec } from '../../lib';
import { recordedLog } from '../support/log';
import { freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { needSuperuser } from '../support/rights';
import { throughProxy } from '../support/through-proxy';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();
const id: FieldSpec = { name: 'id', type: 'Int' };

async function run(sql: string, outside = ''): Promise<void> {
  await db.raw(sql.replaceAll('$org', `"${org}"`).replaceAll('$out', `"${outside}"`));
}

/** `$i` counts from 1; in batches, since each of these transactions takes locks too. */
async function repeat(count: number, sql: string, each = 500): Promise<void> {
  for (let done = 0; done < count; done += each) {
    await run(`do $do$ begin for i in ${done + 1} .. ${Math.min(done + each, count)} loop
      execute replace($sql$${sql}$sql$, '$i', i::text); end loop; end $do$`);
  }
}

async function isThere(relation: string): Promise<boolean> {
  return (await db.raw('select to_regclass(?) is not null as there', [relation])).rows[0].there;
}

async function drop(on: Knex = db, more: object = {}): Promise<readonly string[]> {
  return (await dropTenant(org, on, { ...options, ...more, confirm: org })).statements;
}

async function expectGone(schema = org): Promise<void> {
  expect((await db.raw('select from pg_namespace where nspname = ?', [schema])).rows).toEqual([]);
}

it.each([
  ['20,000 functions', 20_000, `create function $org.f$i() returns int language sql as 'select 1'`],
  ['3,000 enum types', 3000, `create type $org.e$i as enum ('a')`],
  ['3,000 sequences', 3000, 'create sequence $org.s$i'],
  ['3,000 domains', 3000, 'create domain $org.d$i as int'],
])(
  'drops %s at the default settings of the server',
  async (_what, count, sql) => {
    await repeat(count, sql, 1000);
    await drop();
    await expectGone();
  },
  60_000,
);

it.each([
  ['', ''],
  [', with a foreign key to another table', ' references $org.other'],
])(
  'drops a table of 2,500 partitions%s',
  async (_what, key) => {
    await run(`create table $org.other (id int primary key);
    create table $org.p (id int primary key${key}, note text) partition by list (id)`);
    await repeat(2500, 'create table $org.p$i partition of $org.p for values in ($i)', 100);
    await run('create table $org.line (p int references $org.p)');
    await drop();
    await expectGone();
  },
  120_000,
);

it('drops every kind of object, each without cascade', async () => {
  needSuperuser('create an operator class');
  await run(`create type $org.mood as enum ('a'); create type $org.comp as (a int); create domain $org.d as $org.mood;
    create type $org.r as range (subtype = int4);
    create function $org.add(int, int) returns int language sql as 'select 1';
    create procedure $org.proc(int, out x int) language sql as 'select 1';
    create aggregate $org.agg(int) (sfunc = $org.add, stype = int);
    create aggregate $org.cnt(*) (sfunc = int8inc, stype = int8, initcond = '0');
    create operator $org.<+> (leftarg = int, rightarg = int, function = $org.add);
    create operator family $org.fam using btree;
    create text search dictionary $org.dict (template = simple);
    create text search configuration $org.conf (copy = simple);
    alter text search configuration $org.conf alter mapping replace simple with $org.dict;
    create collation $org.coll from "C";
    create conversion $org.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
    create table $org.t (id int generated always as identity, s serial, m $org.mood, d $org.d, c $org.comp, r $org.r,
      x text collate $org.coll, v tsvector);
    create statistics $org.st on id, s from $org.t; create index on $org.t (x);
    create view $org.v as select * from $org.t; create materialized view $org.mv as select * from $org.v;
    create policy pol on $org.t using (true); create rule ru as on insert to $org.t do also nothing;
    create table $org.kid () inherits ($org.t);
    alter default privileges in schema $org grant select on tables to public`);
  const statements = await drop();
  await expectGone();
  expect(statements.filter((statement) => statement.includes('cascade'))).toEqual([]);
  expect(statements).toContain(`drop routine "${org}".agg(integer)`);
});

it("drops an operator class of the tenant's own", async () => {
  needSuperuser('create an operator class');
  await run(`create operator class $org.own for type int using btree as operator 1 <, operator 2 <=, operator 3 =,
    operator 4 >=, operator 5 >, function 1 btint4cmp(int, int)`);
  await drop();
  await expectGone();
});

it('drops objects that need each other', async () => {
  await run(`create table $org.t (id int);
    create function $org.check_row($org.t) returns bool language sql immutable as 'select true';
    alter table $org.t add check ($org.check_row(t.*));
    create function $org.f() returns trigger language plpgsql as 'begin return new; end';
    create trigger g before insert on $org.t execute function $org.f()`);
  const field = (to: string): FieldSpec => ({
    name: 'other',
    type: 'Int',
    references: { schema: org, table: to, column: 'id', onDelete: 'CASCADE' },
  });
  const models = [
    { table: 'a', fields: [id, field('b')] },
    { table: 'b', fields: [id, field('a')] },
  ];
  await createModels(org, models, db, options);
  await drop();
  await expectGone();
});

it.each([
  ['a partition', 'create table $org.p (id int) partition by list (id)', 'partition of $org.p for values in (1)'],
  ['a child', 'create table $org.p (id int)', '() inherits ($org.p)'],
])('refuses where %s of a table is outside, and drops nothing', async (_what, inside, outsideIs) => {
  const outside = freshOrg('outside');
  await run(
    `${inside}; create table $org.other (id int); create schema $out; create table $out.needs ${outsideIs}`,
    outside,
  );
  const error = await migrationError(drop());
  expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', dependents: [`table "${outside}".needs`] });
  expect(await isThere(`"${outside}".needs`)).toBe(true);
  expect(await isThere(`"${org}".other`)).toBe(true);
});

it.each([
  ['statistics', 'create statistics $out.needs on id, n from $org.t', 'statistics object'],
  [
    'an operator of a family',
    'create operator family $out.needs using btree; alter operator family $out.needs using btree add operator 1 $org.<% (int, int)',
    'operator of access method',
  ],
  ['a cast', 'create type $out.b as (n int); create cast ($org.comp as $out.b) with inout', 'cast'],
  [
    'a rule',
    'create table $out.u (); create rule needs as on insert to $out.u do also insert into $org.t values (1, 1)',
    'rule',
  ],
])('refuses where %s outside would silently go along', async (_what, sql, word) => {
  if (sql.includes('operator family')) needSuperuser('create an operator family');
  const outside = freshOrg('outside');
  await run(
    `create table $org.t (id int, n int); create type $org.comp as (n int);
     create operator $org.<% (leftarg = int, rightarg = int, function = int4lt); create schema $out; ${sql}`,
    outside,
  );
  const error = await migrationError(drop());
  expect(error.code).toBe('DEPENDENT_OBJECTS');
  expect(error.dependents?.join()).toContain(word);
  expect(await isThere(`"${org}".t`)).toBe(true);
});

it.each([
  ['a view', 'create view $out.late as select * from $org.t001'],
  ['a foreign key', 'create table $out.late (id int references $org.t001)'],
  ['a child', 'create table $out.late () inherits ($org.t001)'],
  ['a column of a type', 'create table $out.late (m $org.mood)'],
  ["a column of a table's type", 'create table $out.late (m $org.t001)'],
  ['a default', `create table $out.late (n int default nextval('$org.s'))`],
  ['statistics', 'create statistics $out.late on id, n from $org.t001; create table $out.late ()'],
])('does not drop %s that is made while it waits', async (_what, sql) => {
  const outside = freshOrg('outside');
  await createModels(
    org,
    Array.from({ length: 150 }, (_, number) => ({
      table: `t${String(number).padStart(3, '0')}`,
      fields: [id, { name: 'n', type: 'Int' } as const],
    })),
    db,
    options,
  );
  await run(`create type $org.mood as enum ('a'); create sequence $org.s; create schema $out`, outside);
  const reader = await db.transaction();
  await reader.raw('select from ??.t149', [org]);
  const dropped = drop(db, { lockTimeoutMs: 5000 }).catch((error: unknown) => error);
  await waiting();
  await run(sql, outside);
  await reader.rollback();
  expect(await dropped).toMatchObject({ code: 'DEPENDENT_OBJECTS', org });
  expect(await isThere(`"${outside}".late`)).toBe(true);
});

async function waiting(): Promise<void> {
  for (let looked = 0; looked < 500; looked += 1) {
    const { rows } = await db.raw('select from pg_locks where not granted and relation = to_regclass(?)', [
      `"${org}".t149`,
    ]);
    if (rows.length > 0) return;
  }
  throw new Error('Nobody waits');
}

it('goes on where somebody makes a table again between two batches', async () => {
  await repeat(300, 'create table $org.t$i (id int primary key, note text)', 100);
  const { db: other, proxy } = await throughProxy();
  let commits = 0;
  proxy.onExchange(({ sql }) => {
    if (/^commit\b/i.test(sql)) commits += 1;
  });
  try {
    let made: Promise<unknown> = Promise.resolve();
    proxy.onExchange(({ sql }) => {
      if (commits === 1 && sql.includes('lock table only')) made = run('create table if not exists $org.t300 (id int)');
    });
    await drop(other);
    await made.catch(() => undefined);
    await db.raw('drop schema if exists ?? cascade', [org]);
    expect(commits).toBeGreaterThan(2);
  } finally {
    await proxy.close();
  }
});

it('tries again from a connection that the pool lost unseen', async () => {
  const { db: other, proxy, org: proxied } = await throughProxy();
  try {
    await other.raw('select 1');
    const [{ pid }] = (await other.raw('select pg_backend_pid() as pid')).rows;
    await db.raw('select pg_terminate_backend(?)', [pid]);
    const { attempts } = await dropTenant(proxied, other, { ...options, retry: { delayMs: 1 }, confirm: proxied });
    expect(attempts).toBeGreaterThanOrEqual(1);
    await expectGone(proxied);
  } finally {
    await proxy.close();
  }
});

it('logs each attempt that failed, and the drop once', async () => {
  await createModel(org, { table: 't', fields: [id] }, db, options);
  const { logger, records } = recordedLog();
  const reader = await db.transaction();
  await reader.raw('select from ??.t', [org]);
  const error = await migrationError(drop(db, { logger, lockTimeoutMs: 30, retry: { maxAttempts: 2, delayMs: 1 } }));
  await reader.rollback();
  expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', org });
  expect(error).toBeInstanceOf(MigrationError);
  await drop(db, { logger });
  expect(records().map(({ level, message, code }) => [level, message, code])).toEqual([
    ['warn', 'DROP SCHEMA', 'LOCK_TIMEOUT'],
    ['error', 'DROP SCHEMA', 'LOCK_TIMEOUT'],
    ['info', 'DROP SCHEMA', undefined],
  ]);
});

it('keeps readers waiting for no longer than the lock timeout, however many tables it locks', async () => {
  await repeat(20, 'create table $org.t$i (id int)');
  const holders = await Promise.all([db.transaction(), db.transaction()]);
  await holders[0].raw('select from ??.t3', [org]);
  await holders[1].raw('select from ??.t9', [org]);
  const startedAt = performance.now();
  setTimeout(() => void holders[1].rollback(), 250);
  const error = await migrationError(drop(db, { lockTimeoutMs: 400, retry: { maxAttempts: 1 } }));
  const tookMs = performance.now() - startedAt;
  await holders[0].rollback();
  expect(error.code).toBe('LOCK_TIMEOUT');
  // Without sharing, t9 would take 250 ms of its 400, and t3 another 400.
  expect(tookMs).toBeLessThan(600);
});

import { citusForm } from '../../../lib/sql/citus-form';
import { ownLock } from '../../../lib/sql/own-lock';
import type { Identifier } from '../../../lib/sql/identifier';

it.each([
  'alter table "o"."t" add column "a" integer',
  'alter index "o"."i" rename to "j"',
  'create index "i" on "o"."t" ("a")',
  'create unique index "i" on "o"."t" ("a")',
  'drop index "o"."i"',
])('puts %s in a block of its own', (sql) => {
  expect(citusForm(sql)).toBe(`do $tenant_ddl$begin\n  ${sql};\nend$tenant_ddl$`);
});

it.each([
  'create table "o"."t" ("a" integer)',
  'drop table "o"."t"',
  `comment on table "o"."t" is 'alter table '`,
  'do $$begin end$$',
])('leaves %s as it is: in a block, a table would stay on the coordinator', (sql) => {
  expect(citusForm(sql)).toBe(sql);
});

it('takes the lock by an action that Citus knows', () => {
  expect(citusForm(ownLock('o' as Identifier, 't' as Identifier))).toBe(
    'do $tenant_ddl$begin\n  alter table only "o"."t" drop constraint if exists "tenant_ddl nothing";\nend$tenant_ddl$',
  );
});

it('takes the form that a statement has for Citus', () => {
  expect(citusForm({ sql: 'do $a$', onCitus: 'do $b$' })).toBe('do $b$');
});

// All SQL that the library can send means the same whatever the search_path is, and whatever somebody made there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { allExamples, ORG } from '../../../docs/examples';
import { planChange } from '../../../lib';
import { beginBatch, rollbackToSavepoint, savepointBatch, tenantSetup } from '../../../lib/run/wire/batch';
import { learnCitus } from '../../../lib/run/wire/citus';
import { factsQuery } from '../../../lib/run/failures/facts';
import { withHazards } from '../../../lib/run/hazards/hazard-policy';
import { withPolicies } from '../../../lib/run/hazards/unforeseen-policy';
import { fateQuery, serverQuery } from '../../../lib/run/wire/transaction-identity';
import type { Identifier } from '../../../lib/sql/identifier';
import type { CheckedChange } from '../../../lib/plan/operations';
import { subjectsOf } from '../../../lib/plan/subject';
import { planned } from '../../../lib/plan/planner';
import { settingsOf } from '../../../lib/options/settings';
import { unqualifiedIn, unqualifiedInPart } from '../../support/unqualified';

const org = ORG as Identifier;

describe('what the check finds', () => {
  const BAD: readonly string[] = [
    'select now()',
    'select 1 = 1',
    `select pg_catalog.concat('a', 'b' || 'c')`,
    'select (1 operator(pg_catalog.+) 2) * 3',
    'select - pg_catalog.pi()',
    'select public.now()',
    'select 1 operator(public.=) 1',
    'select oid from pg_class',
    'select from a, pg_catalog.pg_class b',
    'select from pg_catalog.pg_class a join pg_namespace b on true',
    'select (select from pg_catalog.pg_class a, pg_type b)',
    'with a as (select from b) select from a',
    `select '1'::int4`,
    `select '1'::text[]`,
    `select cast(null as text)`,
    `select oid from pg_catalog.pg_class where relname in ('a')`,
    `select oid from pg_catalog.pg_class where not relname like 'a'`,
    `select oid from pg_catalog.pg_class where oid between 1 and 2`,
    `select oid from pg_catalog.pg_class where oid is distinct from 1`,
    `select case relkind when 'r' then 1 end from pg_catalog.pg_class`,
    'select nullif(1, 2)',
    'select from pg_catalog.pg_class a join pg_catalog.pg_class b using (oid)',
    'select from pg_catalog.pg_class a natural join pg_catalog.pg_class b',
    `select relname collate "C" from pg_catalog.pg_class`,
    `select 'pg_class'::pg_catalog.regclass`,
    `select array['integer', 'text']::pg_catalog.regtype[]`,
    `select pg_catalog.to_regproc('now')`,
    'set local search_path = "acme", public',
    'do $tenant_ddl$begin perform now(); end$tenant_ddl$',
    'do $tenant_ddl$declare a text; begin a := null; end$tenant_ddl$',
    'do $tenant_ddl$declare a boolean := true; b record; begin a := null; end$tenant_ddl$',
    'do $tenant_ddl$begin declare a record; begin a := null; end; end$tenant_ddl$',
    `do $tenant_ddl$begin if 1 = 1 then raise exception using errcode = 'TD001'; end if; end$tenant_ddl$`,
    `do $tenant_ddl$begin alter table "b" add column "c" integer; end$tenant_ddl$`,
    `do $tenant_ddl$begin execute pg_catalog.format('alter table %I rename to %I', 'a', 'b'); end$tenant_ddl$`,
    'create table "a"."b" ("c" text)',
    'create table "a"."b" ("c" uuid default gen_random_uuid())',
    'create table "b" ("c" integer)',
    'create table "a"."b" ("c" integer references "d" ("e"))',
    `alter table "a"."b" add constraint "c" check ("d" in ('e'))`,
    `alter table "a"."b" add constraint "c" check ("d" = 'e')`,
    'alter table "a"."b" alter column "c" type date using "c"::date',
    'create index "a" on "b" ("c")',
    'drop table "a"',
    'lock table "a" in access exclusive mode',
    'prepare a as select lower($1)',
    'vacuum "a"."b"',
    'select 1; select 1 = 1',
    'insert into a values (1)',
    'update a set b = 1',
  ];
  const GOOD: readonly string[] = [
    `select pg_catalog.concat('a', 'now() = 1'), -1, current_setting from "a"."current_setting(1)"`,
    'select distinct oid, pg_catalog.count(distinct oid), pg_catalog.count(*) from pg_catalog.pg_class order by 1, 2',
    `with a(b, c) as (values (1, 2)), d as (select * from a) select b from d, a where b operator(pg_catalog.=) any (array[1]::bigint[])`,
    `select case when oid operator(pg_catalog.=) 1 then 'a' else 'b' end from pg_catalog.pg_class`,
    `select array['character varying', 'pg_catalog.text']::pg_catalog.regtype[], '"a"."b"'::pg_catalog.regclass`,
    'set local search_path = "a", "public", pg_temp',
    `set local lock_timeout = '900ms'`,
    `do $tenant_ddl$declare a pg_catalog.text; begin a := 'b'; raise exception using errcode = 'TD001', message = a; end$tenant_ddl$`,
    `create table "a"."b" ("c" pg_catalog.text default 'now()', "d" timestamp with time zone, "e" varchar(9))`,
    'create unique index "c" on "a"."b" ("d")',
    'create schema "a"',
    'begin',
  ];

  it.each(BAD)('%s', (sql) => {
    expect(unqualifiedIn(sql)).not.toEqual([]);
  });

  it.each(GOOD)('and not %s', (sql) => {
    expect(unqualifiedIn(sql)).toEqual([]);
  });
});

/** A new one of its own, whose server is known to be of Citus. */
function connectionTo(server: 'a plain server' | 'Citus'): object {
  const connection = { host: server };
  learnCitus(connection, [{ rows: [{ tenant_ddl_citus: server === 'Citus' ? '13.2-1' : null }] }]);
  return connection;
}

describe.each(allExamples())('$kind: $variant', ({ change }) => {
  const plan = planChange(ORG, change);
  const planOfAll = planned(org, plan.changes as readonly CheckedChange[]);
  const { runs, unforeseen, keysDropped } = planOfAll;
  const statements = runs.flatMap(({ guards, steps, afterwards = [] }) => [...guards, ...steps, ...afterwards]);
  const hazards = runs.flatMap((run) => run.hazards);
  const subjects = subjectsOf(org, planOfAll);
  const work = { org, runs, statements, subjects, lockedTables: ['a', 'b'], keysDropped, hazards, unforeseen };

  it.each([
    ['warn', 'a plain server'],
    ['refuse', 'a plain server'],
    ['warn', 'Citus'],
    ['refuse', 'Citus'],
  ] as const)('is qualified in all that is sent for it, with hazards: %s, to %s', (policy, server) => {
    const to = (): object => connectionTo(server);
    const settings = settingsOf({ hazards: policy });
    const whole = { ...work, statements: withPolicies(withHazards(work, settings), work, settings) };
    for (const sql of [
      ...plan.steps.map((step) => step.sql),
      savepointBatch(whole, settings, to()),
      beginBatch(whole, settings, to()),
      rollbackToSavepoint(factsQuery(subjects)),
    ]) {
      expect(unqualifiedIn(sql)).toEqual([]);
    }
  });
});

describe('the questions', () => {
  const identity = { transactionId: '7', history: '1/00000001', uptime: '1/2', checkpoint: '0/1' };

  it.each([
    ['the set-up of a tenant', tenantSetup(org, ['public' as Identifier], { ...settingsOf({}), turnFirst: true }, {})],
    ['the fate of a transaction', fateQuery(identity)],
    ['the history of the server', serverQuery()],
    ['the facts after a failure of nothing', factsQuery([])],
  ])('%s', (_what, sql) => {
    expect(unqualifiedIn(sql)).toEqual([]);
  });
});

/** What is written in a file as a text, with `x` for what stands in it. */
function textsIn(file: string): readonly string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) {
      texts.push(node.head.text + node.templateSpans.map(({ literal }) => `x${literal.text}`).join(''));
    } else if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return texts;
}

// What no example reaches is still written somewhere.
describe('the texts of lib/', () => {
  const root = join(__dirname, '..', '..', '..', 'lib');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('qualified-sql.ts'),
  );
  const SQL = /pg_catalog\.|::|^\s*(?:select|with|perform|case when) |\((?:select|values) |\b(?:from|join) pg_/;
  const texts = files.flatMap((file) => textsIn(join(root, file)).map((text) => ({ file, text })));
  // A sentence begins with a capital letter, and a regular expression has groups; no SQL of ours does.
  const sql = texts.filter(({ text }) => SQL.test(text) && !/^[A-Z]|\(\?[:i]|::\[/.test(text));

  it('are read', () => {
    expect(sql.length).toBeGreaterThan(50);
  });

  /** As the catalog has it: compared with, or put behind what qualifies it. */
  const READ = [`decode(x::text, 'base64'::text)`, 'pg_walfile_name(pg_catalog.pg_lsn)'];

  it.each(sql.filter(({ text }) => !READ.includes(text)))('$file: $text', ({ text }) => {
    expect(unqualifiedInPart(text)).toEqual([]);
  });
});

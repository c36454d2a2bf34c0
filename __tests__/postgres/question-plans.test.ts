import { described, everythingOn } from '../../lib/run/failures/dependents';
import { factsQuery } from '../../lib/run/failures/facts';
import type { Identifier } from '../../lib/sql/identifier';
import { expectedModel } from '../../lib/plan/effects';
import { schemasQuery } from '../../lib/catalog/schemas-query';
import { members, START } from '../../lib/tenant/drop-members';
import { connect, freshOrg } from '../support/postgres';

const db = connect();

let home: string;
let org: string;

beforeAll(async () => {
  org = freshOrg();
  await db.raw('create schema ??', [org]);
  await db.raw(`do $do$ begin for i in 1 .. 1500 loop
    execute format('create table %I.t%s (id int primary key)', '${org}', i); end loop; end $do$`);
  await db.raw('analyze pg_class, pg_depend, pg_attribute, pg_namespace');
  const { rows } = await db.raw('select oid::text from pg_namespace where nspname = ?', [org]);
  home = `'${rows[0].oid}'::pg_catalog.oid`;
});

const subject = (): Parameters<typeof factsQuery>[0][number] => ({
  message: 'ALTER COLUMN',
  fields: [],
  effects: [],
  presence: [],
  expectations: ['t1', 't2', 't3'].map((table) => expectedModel(org as Identifier, table as Identifier)),
});

it.each([
  ['what a change expected', () => factsQuery([subject()])],
  [
    'what is next in a schema',
    () =>
      members(START, false)
        .replace(/\bhome\b/g, home)
        .replace(/\bfree\b/g, '1600'),
  ],
  [
    'what needs a table',
    () =>
      `with recursive ${everythingOn('gone', `select 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, '"${org}".t1'::pg_catalog.regclass::pg_catalog.oid, 0`)}
        select name from (${described('gone', home)}) needs where outside`,
  ],
  ['everything in a schema', () => schemasQuery({ orgs: [org] })],
  ['a page of schemas', () => schemasQuery({ after: '0', upTo: '99999', except: [] })],
])('the question about %s reads no catalog as a whole', async (_what, query) => {
  const { rows } = await db.raw(`explain ${query().replaceAll('?', '\\?')}`);
  const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan on (?:pg_class|pg_depend|pg_attribute)\b/);
});

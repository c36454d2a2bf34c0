// No value of a default or a row is in what is thrown or logged, in no property that can be reached.
import type { Knex } from 'knex';
import { addFieldToModel, alterField, withTenant } from '../../../lib';
import type { TenantKnex } from '../../../lib';
import { quiet, recordedLog } from '../../support/log';
import { connect, freshOrg } from '../../support/postgres';
import { rejection } from '../../support/rejection';

let db: Knex;
let org: string;

beforeEach(async () => {
  org = freshOrg();
  db = connect({ asyncStackTraces: true });
  // A listener that reads the stack has it made.
  db.on('query-error', (error: Error) => void error.stack);
  const schema = `"${org}"`;
  await db.raw(`create schema ${schema};
    create table ${schema}.invoice (id int primary key, note text);
    insert into ${schema}.invoice values (1, 's3cret');
    create table ${schema}.once (k text unique deferrable initially deferred);
    create table ${schema}.child (k int references ${schema}.invoice deferrable initially deferred);
    create table ${schema}.checked (k text);
    create function ${schema}.checks() returns trigger language plpgsql as $$ begin
      raise exception 'the row % is bad', new.k using errcode = '23514', detail = new.k, hint = new.k, column = new.k, constraint = new.k;
    end $$;
    create constraint trigger checks after insert on ${schema}.checked deferrable initially deferred
      for each row execute function ${schema}.checks();
    create table ${schema}.casts (k text);
    create function ${schema}.casts() returns trigger language plpgsql as $$ begin
      execute 'select ' || quote_ident(new.k); return new;
    end $$;
    create constraint trigger casts after insert on ${schema}.casts deferrable initially deferred
      for each row execute function ${schema}.casts()`);
});

/** Every text in it, hidden properties too. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Reflect.ownKeys(value).flatMap((key) => textsIn(Reflect.get(value, key), seen));
}

const callbacks: Record<string, (tenant: TenantKnex) => Promise<unknown>> = {
  'a deferred unique, at COMMIT': (tenant) => tenant('once').insert([{ k: 's3cret' }, { k: 's3cret' }]),
  'a deferred reference, at COMMIT': (tenant) => tenant('child').insert({ k: 31337 }),
  "a trigger's own words, at COMMIT": (tenant) => tenant('checked').insert({ k: 's3cret' }),
  'what a trigger made of a row, at COMMIT': (tenant) => tenant('casts').insert({ k: 's3cret' }),
  'an error that the callback caught': (tenant) =>
    tenant('invoice')
      .insert({ id: 1, note: 's3cret' })
      .catch(() => undefined),
  'one that it caught before a change': async (tenant) => {
    await tenant('invoice')
      .insert({ id: 1, note: 's3cret - s3cret' })
      .catch(() => undefined);
    await addFieldToModel(org, 'invoice', { name: 'more', type: 'Int' }, tenant);
  },
};

it.each(Object.entries(callbacks))('is in no error and no log after %s', async (_what, callback) => {
  const log = recordedLog('silly');
  const options = { logger: log.logger, retry: { maxAttempts: 1 } };
  const error = await rejection(withTenant(org, db, callback, options));
  const texts = [...textsIn(error), log.text()].join('\n');
  expect(texts).not.toMatch(/s3cret|31337/);
  expect((error as Error).message).not.toMatch(/COMMIT; - /);
});

it.each([
  [
    'a default',
    () => addFieldToModel(org, 'invoice', { name: 'id', type: 'Text', default: 's3cret' }, db, { logger: quiet }),
  ],
  ['a row', () => alterField(org, 'invoice', 'note', { type: 'Int' }, db, { hazards: 'allow', logger: quiet })],
])('is in no error where %s was refused, with the stacks of asyncStackTraces', async (_what, change) => {
  const error = await rejection(change());
  expect(textsIn(error).join('\n')).not.toMatch(/s3cret/);
});

it('names the function that refused, not what it said', async () => {
  const options = { logger: recordedLog('silly').logger, retry: { maxAttempts: 1 } };
  const error = await rejection(withTenant(org, db, callbacks["a trigger's own words, at COMMIT"] as never, options));
  expect((error as Error).message).toContain('a function of the database failed: checks()');
});

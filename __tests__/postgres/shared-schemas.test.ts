import {
  addFieldToModel,
  createModel,
  createTenant,
  dropModel,
  dropTenant,
  planChange,
  withTenant,
  type FieldSpec,
} from '../../lib';
import { memoryTenant } from '../../lib/testing';
import { tablesOf } from '../support/catalog';
import { quiet, recordedLog } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError, rejection } from '../support/rejection';
import { countedConnect } from '../support/round-trips';

const db = connect();
const id: FieldSpec = { name: 'id', type: 'Int' };

it('are refused as an org by every call, before anything is sent', async () => {
  const shared = freshOrg('shared');
  const wire = countedConnect();
  const options = { logger: quiet, sharedSchemas: ['public', shared] };
  const model = { table: 'evil', fields: [id] };
  const calls = [
    () => createModel(shared, model, wire.db, options),
    () => addFieldToModel(shared, 'currency', id, wire.db, options),
    () => dropModel(shared, 'currency', wire.db, options),
    () => withTenant(shared, wire.db, async () => undefined, options),
    () => createTenant(shared, wire.db, options),
    () => dropTenant(shared, wire.db, { ...options, confirm: shared }),
    async () => planChange(shared, { kind: 'createModel', ...model }, { sharedSchemas: [shared] }),
    async () => memoryTenant(shared, options),
  ];
  for (const call of calls) {
    const error = await migrationError(call());
    expect(error).toMatchObject({ code: 'INVALID_IDENTIFIER', org: shared });
    expect(error.message).toContain('sharedSchemas');
  }
  expect(wire.opened()).toBe(0);
});

it('are refused on a tenant handle by the options of that handle', async () => {
  const [org, shared] = [freshOrg(), freshOrg('shared')];
  await db.raw('create schema ??; create schema ??', [org, shared]);
  await withTenant(
    org,
    db,
    async (tenant) => {
      expect(await migrationError(createTenant(shared, tenant))).toMatchObject({ code: 'TENANT_MISMATCH' });
    },
    { logger: quiet, sharedSchemas: ['public', shared] },
  );
  expect(await tablesOf(db, shared)).toEqual([]);
});

it('createTenant on a tenant handle takes its org and its logger', async () => {
  const [org, other] = [freshOrg(), freshOrg()];
  await createTenant(org, db, { logger: quiet });
  const { logger, records } = recordedLog();
  const error = await migrationError(withTenant(org, db, (tenant) => createTenant(other, tenant), { logger }));
  expect(error).toMatchObject({ code: 'TENANT_MISMATCH', org: other });
  const taken = await migrationError(withTenant(org, db, (tenant) => createTenant(org, tenant), { logger }));
  expect(taken.code).toBe('TENANT_EXISTS');
  expect(taken.message).not.toMatch(/use (?:it|the one)/);
  expect(records().map(({ message }) => message)).toContain('CREATE SCHEMA');
});

it.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [['acme'], 'a list'],
  [db, 'function'],
])('an org that is %s is said to be the first argument', async (org, shown) => {
  const error = await rejection(createTenant(org as unknown as string, db));
  expect(error).toMatchObject({ code: 'INVALID_IDENTIFIER' });
  expect(String(error)).toContain(`The org, the first argument, must be a string, but is ${shown}.`);
});

// One object for a service: the functions of this library with its database and its options bound.
import { createTenant, tenantDdl, type TenantDdl } from '../../lib';
import * as door from '../../lib';
import { columnsOf } from '../support/catalog';
import { quiet, recordedLog } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { STATUS, withStatus, withTenants } from '../support/rollout';

const db = connect();
const model = { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] } as const;

it('has every function that takes a tenant or a database, and planning', () => {
  const ddl = tenantDdl(db, { logger: false });
  const others = [
    ...['ERROR_CODES', 'FieldSpec', 'ModelSpec', 'MigrationError', 'formatPlan', 'tenantDdl', 'withDbRetry'],
    ...['changesFor', 'diffModels', 'fingerprint', 'formatDifference', 'formatDrift', 'formatRollout'],
  ];
  expect(Object.keys(ddl).sort()).toEqual(
    Object.keys(door)
      .filter((name) => !others.includes(name))
      .sort(),
  );
});

it('makes every change on the bound database', async () => {
  const org = freshOrg();
  const ddl = tenantDdl(db, { logger: quiet });
  await ddl.createTenant(org);
  await ddl.createModel(org, model);
  await ddl.createModels(org, [{ ...model, table: 'line' }]);
  await ddl.addFieldToModel(org, 'invoice', { name: 'note', type: 'String' });
  expect(await ddl.previewConversion(org, 'invoice', 'note', { type: 'Text' })).toMatchObject({ rows: 0 });
  await ddl.alterField(org, 'invoice', 'note', { length: 200 }, { from: { type: 'String' } });
  await ddl.renameField(org, 'invoice', 'note', 'remark');
  await ddl.addIndex(org, 'invoice', { columns: ['remark'], name: 'by_remark' });
  await ddl.dropIndex(org, 'invoice', 'by_remark');
  await ddl.applyChange(org, { kind: 'addField', table: 'invoice', field: { name: 'a', type: 'Int' } });
  await ddl.applyChanges(org, [{ kind: 'addField', table: 'invoice', field: { name: 'b', type: 'Int' } }]);
  await ddl.dropFieldFromModel(org, 'invoice', 'a');
  await ddl.renameModel(org, 'line', 'row');
  await ddl.dropKey(org, 'row');
  await ddl.addKey(org, 'row', ['id']);
  await ddl.dropModel(org, 'row');
  const count = await ddl.withTenant(org, async (tenant) => {
    await tenant('invoice').insert({ id: 1, remark: 'r' });
    return (await tenant('invoice')).length;
  });
  expect(count).toBe(1);
  expect(await columnsOf(db, org, 'invoice')).toEqual(['id', 'remark', 'b']);
  const dropNote = { kind: 'dropField', table: 'invoice', column: 'b' } as const;
  expect(ddl.planOnline(org, dropNote).stages).toHaveLength(1);
  expect(await ddl.applyOnline(org, dropNote)).toMatchObject({ resumed: false });
  expect(await ddl.onlineStatus(org)).toEqual([]);
  expect(ddl.planChange(org, { kind: 'dropModel', table: 'invoice' }).steps).toHaveLength(1);
  expect(ddl.planChanges(org, []).steps).toEqual([]);
  expect((await ddl.inspectModel(org, 'invoice')).model.fields).toHaveLength(2);
  expect((await ddl.inspectTenant(org)).models).toHaveLength(1);
  const to = freshOrg();
  await ddl.renameTenant(org, to);
  await ddl.renameTenant(to, org);
  await ddl.dropTenant(org, { confirm: org });
  expect(await migrationError(ddl.createModel(org, model))).toMatchObject({ code: 'TENANT_NOT_FOUND' });
});

it('finds the database of each org by a function', async () => {
  const org = freshOrg();
  const resolve = jest.fn(() => db);
  const ddl = tenantDdl(resolve, { logger: quiet });
  await ddl.createTenant(org);
  await ddl.createModel(org, model);
  await ddl.withTenant(org, async (tenant) => tenant('invoice'));
  expect(resolve.mock.calls).toEqual([[org], [org], [org]]);
});

it('rolls out on the bound database', () =>
  withTenants(2, async (own, orgs) => {
    const ddl = tenantDdl(own, { logger: quiet });
    await ddl.prepareLedger();
    expect(await ddl.rollOut({ name: 'bound', changes: STATUS }, { orgs })).toMatchObject({ done: 2, targets: 2 });
    expect(await ddl.rolloutStatus('bound')).toMatchObject({ done: 2 });
    expect(await withStatus(own)).toEqual([...orgs].sort());
    for (const call of [ddl.pauseRollout, ddl.resumeRollout]) {
      expect(await migrationError(call('no such rollout'))).toMatchObject({ code: 'INVALID_SPEC' });
    }
  }));

it('gives the options to every call, and those of a call go before', async () => {
  const org = freshOrg();
  const { logger, records } = recordedLog();
  const ddl = tenantDdl(db, { logger, hazards: 'refuse', retry: { maxAttempts: 1 }, sharedSchemas: [] });
  await ddl.createTenant(org);
  await ddl.createModel(org, model);
  expect(records().map(({ message }) => message)).toEqual(['CREATE SCHEMA', 'CREATE TABLE']);
  expect(await migrationError(ddl.renameModel(org, 'invoice', 'bill'))).toMatchObject({ code: 'HAZARD_REFUSED' });
  await ddl.withTenant(org, async () => {
    expect(await migrationError(ddl.renameModel(org, 'invoice', 'bill'))).toMatchObject({ code: 'NESTED_CALL' });
  });
  expect((await ddl.renameModel(org, 'invoice', 'bill', { hazards: 'allow' })).attempts).toBe(1);
  const references = { schema: 'public', table: 't', column: 'id', onDelete: 'CASCADE' } as const;
  const field = { name: 'a', type: 'Int', references } as const;
  expect(() => ddl.planChange(org, { kind: 'addField', table: 'bill', field })).toThrow(
    expect.objectContaining({ code: 'CROSS_TENANT_REFERENCE' }),
  );
});

it.each<[string, () => TenantDdl, string]>([
  ['an option that is none', () => tenantDdl(db, { loger: quiet } as never), 'options.loger: unknown key'],
  ['an option that is wrong', () => tenantDdl(db, { lockTimeoutMs: 0 }), 'options.lockTimeoutMs'],
  ['no database', () => tenantDdl(undefined as never), 'The database must be a Knex'],
])('refuses %s at once', (_what, bind, words) => {
  expect(bind).toThrow(expect.objectContaining({ code: 'INVALID_SPEC', message: expect.stringContaining(words) }));
});

it('keeps the options as they were when they were checked', async () => {
  const org = freshOrg();
  const options = { logger: quiet, lockTimeoutMs: 500 };
  const ddl = tenantDdl(db, options);
  options.lockTimeoutMs = -1;
  await expect(ddl.createTenant(org)).resolves.toBeDefined();
  await createTenant(freshOrg(), db, { logger: quiet });
});

it('protects the shared schemas that are bound, from being dropped too', async () => {
  const shared = freshOrg('shared');
  await db.raw('create schema ??; create table ??.currency (id int)', [shared, shared]);
  const ddl = tenantDdl(db, { logger: quiet, sharedSchemas: ['public', shared] });
  for (const given of [{ confirm: shared }, { confirm: shared, sharedSchemas: undefined }]) {
    expect(await migrationError(ddl.dropTenant(shared, given))).toMatchObject({
      code: 'INVALID_IDENTIFIER',
      org: shared,
    });
  }
  expect(await columnsOf(db, shared, 'currency')).toEqual(['id']);
});

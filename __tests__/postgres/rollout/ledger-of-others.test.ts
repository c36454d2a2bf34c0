// A ledger that somebody else made or changed, and sessions with settings of their own.
import { prepareLedger, rollOut, rolloutStatus } from '../../../lib';
import { quiet } from '../../support/log';
import { connect } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { STATUS, withStatus, withTenants } from '../../support/rollout';

const options = { logger: quiet, retry: { maxAttempts: 1 } };
const spec = { name: 'invoice.status', changes: STATUS };

it.each([
  ['a table of the name', 'create schema tenant_ddl; create table tenant_ddl.rollout (x int)'],
  ['a view of the name', 'create schema tenant_ddl; create view tenant_ddl.rollout as select 1 as id'],
  ['an index of the name', 'create schema tenant_ddl; create table tenant_ddl.rollout_tenant_place (x int)'],
  ['tenants without columns', 'create schema tenant_ddl; create table tenant_ddl.rollout_tenant (rollout int)'],
  ['names that are not unique', 'alter table tenant_ddl.rollout drop constraint rollout_name_key'],
  ['tenants without a key', 'alter table tenant_ddl.rollout_tenant drop constraint rollout_tenant_pkey'],
])('refuses %s, names the schema and changes no tenant', (_what, sql) =>
  withTenants(2, async (db, orgs) => {
    if (sql.startsWith('alter')) await prepareLedger(db);
    await db.raw(sql);
    const error = await migrationError(rollOut(spec, db, { ...options, orgs }));
    expect(error.code).toBe('DATABASE_ERROR');
    expect(error.message).toMatch(
      /^Schema "tenant_ddl" has tables that are not the ledger of rollouts .*prepareLedger\.$/,
    );
    expect(await withStatus(db)).toEqual([]);
  }),
);

it('is read by a session with another DateStyle and other parsers', () =>
  withTenants(2, async (db, orgs, url) => {
    const report = await rollOut(spec, db, { ...options, orgs });
    const pool = connect({
      connection: { connectionString: url, options: '-c datestyle=german' },
    });
    const status = await rolloutStatus(spec.name, pool);
    expect(status.createdAt).toEqual(report.createdAt);
    expect(status.endedAt).toEqual(report.endedAt);
    expect(status.startedAt).toBeInstanceOf(Date);
    await pool.destroy();
  }));

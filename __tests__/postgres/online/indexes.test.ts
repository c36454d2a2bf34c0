// Indexes of a table in use: built and dropped CONCURRENTLY, and what becomes of a build that fails.
import type { Knex } from 'knex';
import { abandonOnline, applyChange, applyOnline, onlineStatus, planOnline, type Change } from '../../../lib';
import { quiet, recordedLog } from '../../support/log';
import { ORG, createInvoices, recordsOf, schemaOf, withInvoices } from '../../support/online';
import { connect } from '../../support/postgres';
import { migrationError } from '../../support/rejection';

const options = { logger: quiet };
const byStatus: Change = { kind: 'addIndex', table: 'invoice', columns: ['status', 'id'] };
const byCode: Change = { kind: 'addIndex', table: 'invoice', columns: ['code'], unique: true };

/** The schema of another tenant, after the plain change. */
async function plainly(db: Knex, changes: readonly Change[]): Promise<string[]> {
  await createInvoices(db, 'plain', 10);
  for (const change of changes) await applyChange('plain', change, db, { ...options, hazards: 'allow' });
  return schemaOf(db, 'plain');
}

it.each([byStatus, byCode])('builds the index that the plain change builds, and leaves no record: %j', (change) =>
  withInvoices(1000, async (db) => {
    const result = await applyOnline(ORG, change, db, options);
    expect(result).toMatchObject({ org: ORG, changes: [change], resumed: false, attempts: 1 });
    expect(result.stages.map(({ name }) => name)).toEqual(['build index']);
    expect(result.statements[0]).toMatch(/^create (unique )?index concurrently "/);
    expect(await schemaOf(db, ORG)).toEqual(await plainly(db, [change]));
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it('shows in its plan what it sends', () =>
  withInvoices(10, async (db) => {
    const sent: string[] = [];
    db.on('query', ({ sql }: { sql: string }) => sent.push(sql));
    const { stages } = planOnline(ORG, byStatus);
    expect(stages).toMatchObject([
      { name: 'build index', transactional: false, limit: 'stageTimeoutMs', canAbandon: true },
    ]);
    expect(stages[0]?.steps[0]?.locks).toEqual([{ schema: ORG, table: 'invoice', mode: 'ShareUpdateExclusiveLock' }]);
    await applyOnline(ORG, byStatus, db, options);
    expect(sent.filter((sql) => sql.startsWith('create index'))).toEqual([stages[0]?.steps[0]?.sql]);
  }));

it('lets others write while it builds', () =>
  withInvoices(1000, async (db) => {
    const writer = await db.transaction();
    await writer.raw(`insert into ??.invoice values (0, 'open', 'draft', 1)`, [ORG]);
    const building = applyOnline(ORG, byStatus, db, options);
    await untilBuilding(db);
    await db.raw(`insert into ??.invoice values (-1, 'meanwhile', 'draft', 1)`, [ORG]);
    await writer.commit();
    await building;
    expect(await schemaOf(db, ORG)).toContainEqual(expect.stringMatching(/^index invoice_status.* t t$/));
  }));

it('names the option that limited a stage, and goes on with it', () =>
  withInvoices(10, async (db) => {
    const writer = await db.transaction();
    await writer.raw(`insert into ??.invoice values (0, 'open', 'draft', 1)`, [ORG]);
    const error = await migrationError(applyOnline(ORG, byStatus, db, { ...options, stageTimeoutMs: 2000 }));
    await writer.commit();
    expect(error.code).toBe('STATEMENT_TIMEOUT');
    expect(error.message).toContain('took longer than stageTimeoutMs, or was cancelled. Raise stageTimeoutMs,');
    expect(await applyOnline(ORG, byStatus, db, options)).toMatchObject({ resumed: true });
  }));

it('drops an index concurrently, and says so where there is none', () =>
  withInvoices(10, async (db) => {
    const before = await schemaOf(db, ORG);
    await applyOnline(ORG, { ...byStatus, name: 'by_status' }, db, options);
    const drop: Change = { kind: 'dropIndex', table: 'invoice', name: 'by_status' };
    expect((await applyOnline(ORG, drop, db, options)).statements).toEqual([
      `drop index concurrently "${ORG}"."by_status"`,
    ]);
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await migrationError(applyOnline(ORG, drop, db, options))).toMatchObject({ code: 'INDEX_NOT_FOUND' });
    expect(await recordsOf(db)).toEqual([]);
  }));

it('counts duplicates before it builds, names the column and no value, and leaves nothing', () =>
  withInvoices(100, async (db) => {
    await db.raw(`update ??.invoice set code = 'secret' where id < 4`, [ORG]);
    const before = await schemaOf(db, ORG);
    const { logger, text } = recordedLog('debug');
    const error = await migrationError(applyOnline(ORG, byCode, db, { logger }));
    expect(error).toMatchObject({ code: 'UNIQUE_VIOLATION', org: ORG, table: 'invoice', column: 'code' });
    expect(error.message).toMatch(/ 1 in the way: code\.$/);
    expect(error.message + text()).not.toContain('secret');
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

it('drops what is left of a build that meets a duplicate', () =>
  withInvoices(1000, async (db) => {
    const before = await schemaOf(db, ORG);
    const writer = await db.transaction();
    await writer.raw(`insert into ??.invoice values (0, 'c1', 'draft', 1)`, [ORG]);
    const building = migrationError(applyOnline(ORG, byCode, db, options));
    await untilBuilding(db);
    await writer.commit();
    expect(await building).toMatchObject({ code: 'UNIQUE_VIOLATION', sqlState: '23505' });
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

it('goes on after its session was terminated in the middle of a build', () =>
  withInvoices(1000, async (db) => {
    const writer = await db.transaction();
    await writer.raw(`insert into ??.invoice values (0, 'open', 'draft', 1)`, [ORG]);
    const first = migrationError(applyOnline(ORG, byStatus, db, { ...options, retry: false }));
    await terminate(db, await untilBuilding(db));
    const error = await first;
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(error.message).toMatch(/the same call goes on with it/);
    expect(await schemaOf(db, ORG)).toContainEqual(expect.stringMatching(/^index invoice_status.* f f$/));
    expect(await onlineStatus(ORG, db)).toMatchObject([
      { table: 'invoice', change: byStatus, stage: 'build index', number: 1, of: 1, running: false },
    ]);
    await writer.commit();
    expect(await applyOnline(ORG, byStatus, db, options)).toMatchObject({ resumed: true });
    expect(await schemaOf(db, ORG)).toContainEqual(expect.stringMatching(/^index invoice_status.* t t$/));
    expect(await onlineStatus(ORG, db)).toEqual([]);
  }));

it('takes a build back that was begun', () =>
  withInvoices(1000, async (db) => {
    const before = await schemaOf(db, ORG);
    const writer = await db.transaction();
    await writer.raw(`insert into ??.invoice values (0, 'open', 'draft', 1)`, [ORG]);
    const first = migrationError(applyOnline(ORG, byStatus, db, { ...options, retry: false }));
    await terminate(db, await untilBuilding(db));
    await first;
    const taking = abandonOnline(ORG, 'invoice', db, options);
    await writer.rollback();
    expect(await taking).toEqual({ org: ORG, table: 'invoice', change: byStatus });
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
    expect(await abandonOnline(ORG, 'invoice', db, options)).toEqual({ org: ORG, table: 'invoice' });
  }));

it('refuses another change of a table whose change is not finished, and one that is running', () =>
  withInvoices(1000, async (db, url) => {
    const writer = await db.transaction();
    await writer.raw(`insert into ??.invoice values (0, 'open', 'draft', 1)`, [ORG]);
    const others = connect({ connection: { connectionString: url } });
    const first = migrationError(applyOnline(ORG, byStatus, db, { ...options, retry: false }));
    const pid = await untilBuilding(db);
    const running = await migrationError(applyOnline(ORG, byCode, others, { ...options, waitMs: 0 }));
    expect(running).toMatchObject({ code: 'CHANGE_UNDER_WAY', org: ORG, table: 'invoice' });
    expect(running.message).toContain(`process ${pid} of the server`);
    expect(await onlineStatus(ORG, others)).toMatchObject([{ running: true }]);
    await terminate(db, pid);
    await first;
    await writer.commit();
    const unfinished = await migrationError(applyOnline(ORG, byCode, others, options));
    expect(unfinished).toMatchObject({ code: 'CHANGE_UNDER_WAY' });
    expect(unfinished.message).toMatch(/\(addIndex\) was begun, and is not finished/);
    await applyOnline(ORG, byStatus, db, options);
    await applyOnline(ORG, byCode, others, options);
    await others.destroy();
  }));

it('refuses a name that is taken, a field that is not there, and a table that is not there', () =>
  withInvoices(10, async (db) => {
    const taken = await migrationError(applyOnline(ORG, { ...byStatus, name: 'customer' }, db, options));
    expect(taken).toMatchObject({ code: 'INDEX_EXISTS', table: 'invoice' });
    const field = await migrationError(applyOnline(ORG, { ...byStatus, columns: ['nope'] }, db, options));
    expect(field).toMatchObject({ code: 'FIELD_NOT_FOUND', column: 'nope' });
    const table = await migrationError(applyOnline(ORG, { ...byStatus, table: 'nope' }, db, options));
    expect(table).toMatchObject({ code: 'MODEL_NOT_FOUND', table: 'nope' });
    const org = await migrationError(applyOnline('nobody', byStatus, db, options));
    expect(org).toMatchObject({ code: 'TENANT_NOT_FOUND' });
    expect(await recordsOf(db)).toEqual([]);
  }));

it('refuses a partitioned table', () =>
  withInvoices(0, async (db) => {
    await db.raw(`create table ??.part (id int, status text, code text) partition by range (id)`, [ORG]);
    const error = await migrationError(applyOnline(ORG, { ...byStatus, table: 'part' }, db, options));
    expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE', table: 'part' });
    expect(error.message).toMatch(/partitioned/);
  }));

it('changes twenty tenants at once, and none touches what another has left', () =>
  withInvoices(
    100,
    async (_db, url) => {
      const db = connect({ connection: { connectionString: url }, pool: { min: 0, max: 40 } });
      // An INVALID index of the same name, of a tenant that nobody asks for.
      const writer = await db.transaction();
      await writer.raw(`insert into "t-20".invoice values (0, 'open', 'draft', 1)`);
      const left = migrationError(applyOnline('t-20', byStatus, db, { ...options, retry: false }));
      await terminate(db, await untilBuilding(db));
      await left;
      await writer.commit();
      const leftover = await schemaOf(db, 't-20');
      const orgs = TENANTS.slice(0, 20);
      const results = await Promise.all(orgs.map((org) => applyOnline(org, byStatus, db, options)));
      expect(results.map(({ attempts }) => attempts)).toEqual(orgs.map(() => 1));
      for (const org of orgs) {
        expect(await schemaOf(db, org)).toContainEqual(expect.stringMatching(/^index invoice_status.* t t$/));
      }
      expect(await schemaOf(db, 't-20')).toEqual(leftover);
      await db.destroy();
    },
    TENANTS,
  ));

const TENANTS = Array.from({ length: 21 }, (_, index) => `t-${index}`);

/** The process that builds an index. */
async function untilBuilding(db: Knex): Promise<number> {
  for (;;) {
    const { rows } = await db.raw(
      `select pid from pg_stat_activity where datname = current_database() and query ~ '^create (unique |)index concurrently' and state = 'active' and wait_event_type = 'Lock'`,
    );
    const pid = (rows[0] as { pid: number } | undefined)?.pid;
    if (pid !== undefined) return pid;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function terminate(db: Knex, pid: number): Promise<void> {
  await db.raw('select pg_terminate_backend(?)', [pid]);
}

// A rollout that makes its changes online where a table is large: once each, whatever is killed, and plainly elsewhere.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { applyChange, pauseRollout, resumeRollout, rollOut, type Change } from '../../../lib';
import { createInvoices, recordsOf, schemaOf, withInvoices } from '../../support/online';
import { quiet } from '../../support/log';
import { connect } from '../../support/postgres';
import { countsOf, failuresOf, inLedger } from '../../support/rollout';
import { migrationError } from '../../support/rejection';
import { until } from '../../support/through-proxy';
import type { RolloutTask } from '../../chaos/online/rollout-child';

const online = { fromRows: 100 } as const;
const options = { logger: quiet, canary: 0, retry: { maxAttempts: 1 }, online } as const;

const byStatus: Change = { kind: 'addIndex', table: 'invoice', columns: ['status'], name: 'by_status' };
const note: Change = { kind: 'addField', table: 'invoice', field: { name: 'note', type: 'Text' } };
const unique: Change = { kind: 'alterField', table: 'invoice', column: 'code', set: { unique: true, nullable: false } };
const spec = { name: 'online', changes: [note, unique, byStatus] };

const LARGE = ['large-0', 'large-1'];
const SMALL = ['small-0', 'small-1', 'small-2'];

/** Large tenants have 500 rows, the small ones 20. */
function withSizes(run: (db: Knex, url: string) => Promise<void>, large = LARGE, small = SMALL): Promise<void> {
  return withInvoices(
    500,
    async (db, url) => {
      for (const org of small) await createInvoices(db, org, 20);
      await db.raw('analyze');
      await run(db, url);
    },
    large,
  );
}

/** What the plain changes make of a tenant. */
async function plainly(db: Knex, changes: readonly Change[]): Promise<string[]> {
  await createInvoices(db, 'plain', 10);
  for (const change of changes) await applyChange('plain', change, db, { logger: quiet, hazards: 'allow' });
  return schemaOf(db, 'plain');
}

function sentOn(db: Knex): string[] {
  const sent: string[] = [];
  db.on('query', ({ sql }: { sql: string }) => sent.push(sql));
  return sent;
}

it('changes large tables in stages and small ones in one transaction, each tenant once', () =>
  withSizes(async (db) => {
    const sent = sentOn(db);
    const orgs = [...LARGE, ...SMALL];
    const report = await rollOut(spec, db, { ...options, orgs });
    expect(countsOf(report)).toEqual({ targets: 5, done: 5 });
    const built = sent.filter((sql) => sql.startsWith('create index concurrently'));
    expect(built.map((sql) => /on "([^"]*)"/.exec(sql)?.[1]).sort()).toEqual(LARGE);
    for (const org of SMALL) expect(sent.filter((sql) => sql.includes(`alter table "${org}"`))).toHaveLength(1);
    expect(await recordsOf(db)).toEqual([]);
    const expected = await plainly(db, spec.changes);
    for (const org of orgs) expect([org, await schemaOf(db, org)]).toEqual([org, expected]);
    expect(await rows(db)).toEqual(orgs.sort().map((org) => ({ org, outcome: 'done', changed: 0 })));
  }));

it('does nothing more at a second call of the same name', () =>
  withSizes(async (db) => {
    await rollOut(spec, db, { ...options, orgs: LARGE });
    const sent = sentOn(db);
    expect(countsOf(await rollOut(spec, db, { ...options, orgs: LARGE }))).toEqual({ targets: 2, done: 2 });
    expect(sent.filter((sql) => /alter table|create (unique )?index/.test(sql))).toEqual([]);
  }));

it('takes a table that was never analyzed for as large as its file, and one that has grown for what it is now', () =>
  withInvoices(500, async (db) => {
    const sent = sentOn(db);
    await rollOut({ name: 'a', changes: [byStatus] }, db, { ...options, orgs: ['acme-corp'] });
    expect(sent.filter((sql) => sql.startsWith('create index concurrently'))).toHaveLength(1);
    await createInvoices(db, 'grown', 90);
    await db.raw('analyze "grown".invoice');
    await db.raw(`insert into "grown".invoice select g, 'd' || g, 'x', 1 from generate_series(1000, 5000) g`);
    await rollOut({ name: 'b', changes: [byStatus] }, db, { ...options, orgs: ['grown'] });
    expect(sent.filter((sql) => sql.startsWith('create index concurrently'))).toHaveLength(2);
  }));

it('makes a list of its own for a tenant, and looks at a table again that got its name from the list', () =>
  withSizes(async (db) => {
    const rename: Change = { kind: 'renameModel', table: 'invoice', to: 'bill' };
    const model: Change = {
      kind: 'createModel',
      table: 'fresh',
      fields: [
        { name: 'id', type: 'Int' },
        { name: 'a', type: 'Int' },
      ],
    };
    const orgs = [
      { org: 'large-0', changes: [rename, { ...byStatus, table: 'bill' }] },
      { org: 'large-1', changes: [model, { ...byStatus, table: 'fresh', columns: ['a'], name: 'by_a' }] },
    ];
    const sent = sentOn(db);
    const report = await rollOut({ name: 'own' }, db, { ...options, orgs });
    expect(countsOf(report)).toEqual({ targets: 2, done: 2 });
    expect(sent.filter((sql) => sql.startsWith('create index concurrently'))).toHaveLength(1);
    expect(sent.filter((sql) => sql.startsWith('begin') && sql.includes('create table "large-1"."fresh"'))).toEqual([
      expect.stringContaining('create index "by_a"'),
    ]);
  }));

/** Lets everything pass but an index that is built: it waits for whoever might look into the table yet. */
async function holdBuilds(db: Knex): Promise<Knex.Transaction> {
  const holder = await db.transaction({ isolationLevel: 'repeatable read' });
  await holder.raw('select count(*) from pg_class');
  return holder;
}

it.each([
  ['in the middle of a build', 2],
  ['before its last stage', 3],
])('goes on with the stage that is due where its process was killed %s', (_what, stage) =>
  withSizes(async (db, url) => {
    const holder = await holdBuilds(db);
    const child = forkRollout({ url, ...spec, orgs: ['large-0'] });
    await until(async () => (await stageOf(db)) === 2);
    const reader = await db.transaction();
    if (stage === 3) {
      await reader.raw('select from "large-0".invoice limit 1');
      await holder.rollback();
      await until(async () => (await stageOf(db)) === 3);
    }
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(await rows(db)).toEqual([{ org: 'large-0', outcome: 'pending', changed: 1 }]);
    await reader.rollback();
    if (!holder.isCompleted()) await holder.rollback();
    const sent = sentOn(db);
    expect(countsOf(await rollOut({ name: spec.name }, db, options))).toEqual({ targets: 1, done: 1 });
    // What was made is not made again.
    expect(sent.filter((sql) => /add column "note"|not valid/.test(sql))).toEqual([]);
    expect(await schemaOf(db, 'large-0')).toEqual(await plainly(db, spec.changes));
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it.each([
  ['a transaction', [unique], 3],
  ['a build', [byStatus], 0],
] as const)('ends a change with its row or not at all, where its last stage is %s', (_what, changes, last) =>
  withSizes(async (db) => {
    const holder = await holdBuilds(db);
    const first = rollOut({ name: 'a', changes }, db, { ...options, orgs: ['large-0'], stopAfter: false });
    await until(async () => (await stageOf(db)) === Math.min(last, 2));
    // As another process writes it that has lost its connection.
    await db.raw(`update tenant_ddl.rollout_tenant set outcome = 'failed', transient = true`);
    await holder.rollback();
    expect(countsOf(await first)).toEqual({ targets: 1, failed: 1 });
    expect(await recordsOf(db)).toEqual([{ table: 'invoice', stage: last }]);
    expect(countsOf(await rollOut({ name: 'a' }, db, options))).toEqual({ targets: 1, done: 1 });
    expect(await recordsOf(db)).toEqual([]);
    expect(await schemaOf(db, 'large-0')).toEqual(await plainly(db, changes));
  }),
);

it('shares the tenants among calls at the same time, each change once', () =>
  withSizes(async (db, url) => {
    const pools = [1, 2, 3].map(() => connect({ connection: { connectionString: url } }));
    const sent = pools.map(sentOn);
    const orgs = [...LARGE, ...SMALL];
    const reports = await Promise.all(pools.map((pool) => rollOut(spec, pool, { ...options, orgs })));
    for (const pool of pools) await pool.destroy();
    expect(reports.map(countsOf)).toEqual(Array(3).fill({ targets: 5, done: 5 }));
    expect(sent.flat().filter((sql) => sql.startsWith('create index concurrently'))).toHaveLength(2);
    const expected = await plainly(db, spec.changes);
    for (const org of orgs) expect([org, await schemaOf(db, org)]).toEqual([org, expected]);
  }));

it('stops before the next stage at a pause, and goes on from there', () =>
  withSizes(async (db, url) => {
    const holder = await holdBuilds(db);
    const pool = connect({ connection: { connectionString: url } });
    const running = rollOut(spec, pool, { ...options, orgs: ['large-0'] });
    await until(async () => (await stageOf(db)) === 2);
    await pauseRollout(spec.name, db);
    // Long enough for a look at the ledger.
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await holder.rollback();
    await until(async () => (await stageOf(db)) === 3);
    await until(async () => (await leases(db)) === 0);
    expect(await recordsOf(db)).toEqual([{ table: 'invoice', stage: 3 }]);
    expect(await rows(db)).toEqual([{ org: 'large-0', outcome: 'pending', changed: 1 }]);
    await resumeRollout(spec.name, db);
    expect(await running).toMatchObject({ ended: 'finished', done: 1 });
    expect(await schemaOf(db, 'large-0')).toEqual(await plainly(db, spec.changes));
    await pool.destroy();
  }));

it('makes plainly what is left of a tenant, where a later call is not online', () =>
  withSizes(async (db) => {
    await db.raw(`update "large-0".invoice set code = 'secret' where id < 4`);
    await rollOut(spec, db, { ...options, orgs: ['large-0'], stopAfter: false });
    await db.raw(`update "large-0".invoice set code = 'c' || id`);
    const sent = sentOn(db);
    const report = await rollOut({ name: spec.name }, db, { ...options, online: false, retryFailed: true });
    expect(countsOf(report)).toEqual({ targets: 1, done: 1 });
    expect(sent.filter((sql) => /add column "note"|concurrently/.test(sql))).toEqual([]);
    expect(await schemaOf(db, 'large-0')).toEqual(await plainly(db, spec.changes));
  }));

it('leaves the others alone where the canary fails before its first stage', () =>
  withSizes(async (db) => {
    await db.raw(`update "large-0".invoice set code = 'secret' where id < 4`);
    const before = await schemaOf(db, 'large-0');
    const given = { ...options, orgs: [...LARGE, ...SMALL], canary: ['large-0'] };
    const report = await rollOut({ name: 'a', changes: [unique] }, db, given);
    expect(report).toMatchObject({ ended: 'stopped', reason: 'canary' });
    expect(countsOf(report)).toEqual({ targets: 5, failed: 1, pending: 4 });
    expect(failuresOf(report)).toEqual([
      { code: 'UNIQUE_VIOLATION', operation: 'ALTER COLUMN', table: 'invoice', count: 1 },
    ]);
    expect(await schemaOf(db, 'large-0')).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

it('keeps what was made of a list whose later change fails, and goes on after it', () =>
  withSizes(async (db) => {
    await db.raw(`update "large-0".invoice set code = 'secret' where id < 4`);
    const report = await rollOut(spec, db, { ...options, orgs: ['large-0'], stopAfter: false });
    expect(countsOf(report)).toEqual({ targets: 1, failed: 1 });
    expect(await rows(db)).toEqual([{ org: 'large-0', outcome: 'failed', changed: 1 }]);
    await db.raw(`update "large-0".invoice set code = 'c' || id`);
    const again = await rollOut({ name: spec.name }, db, { ...options, retryFailed: true });
    expect(countsOf(again)).toEqual({ targets: 1, done: 1 });
    expect(await schemaOf(db, 'large-0')).toEqual(await plainly(db, spec.changes));
  }));

it('adopts a large tenant that has it all, and no other', () =>
  withSizes(async (db) => {
    await db.raw('create index by_status on "large-0".invoice (status)');
    await db.raw('create index by_status on "large-1".invoice (code)');
    const given = { ...options, orgs: [...LARGE, ...SMALL], ifThere: 'adopt', stopAfter: false } as const;
    const report = await rollOut({ name: 'a', changes: [byStatus] }, db, given);
    expect(countsOf(report)).toEqual({ targets: 5, done: 3, already: 1, failed: 1 });
    expect(await inLedger(db, 'already')).toEqual(['large-0']);
    expect(failuresOf(report)).toMatchObject([{ code: 'INDEX_EXISTS', operation: 'CREATE INDEX' }]);
  }));

it('refuses for a large table what has no stages, and makes it plainly elsewhere', () =>
  withSizes(async (db) => {
    const set = { type: 'BigInt', nullable: false } as const;
    const change: Change = { kind: 'alterField', table: 'invoice', column: 'customer_id', from: { type: 'Int' }, set };
    const given = { ...options, orgs: ['large-0', 'small-0'], stopAfter: false } as const;
    const report = await rollOut({ name: 'a', changes: [change] }, db, given);
    expect(countsOf(report)).toEqual({ targets: 2, done: 1, failed: 1 });
    expect(failuresOf(report)).toMatchObject([{ code: 'INVALID_SPEC', table: 'invoice' }]);
    expect(await inLedger(db, 'done')).toEqual(['small-0']);
  }));

it('only looks at a large table in a trial, and says what would fail', () =>
  withSizes(async (db) => {
    await db.raw(`update "large-1".invoice set code = 'secret' where id < 4`);
    const sent = sentOn(db);
    const report = await rollOut({ name: 'a', changes: [unique] }, db, { ...options, orgs: LARGE, trial: 2 });
    expect(report).toMatchObject({ ended: 'stopped', reason: 'trial' });
    expect(report.trial?.failures).toMatchObject([{ code: 'UNIQUE_VIOLATION', count: 1, examples: ['large-1'] }]);
    expect(sent.filter((sql) => /alter table|on "large-\d"/.test(sql))).toEqual([]);
  }));

it('has a connection left for the stages, however small the pool is', () =>
  withSizes(
    async (db, url) => {
      const small = connect({ connection: { connectionString: url }, pool: { min: 0, max: 2 } });
      const report = await rollOut(spec, small, { ...options, orgs: LARGE_ONES });
      expect(countsOf(report)).toEqual({ targets: 6, done: 6 });
      await small.destroy();
      const one = connect({ connection: { connectionString: url }, pool: { min: 0, max: 1 } });
      const error = await migrationError(rollOut({ ...spec, name: 'b' }, one, { ...options, orgs: LARGE_ONES }));
      expect(error).toMatchObject({ code: 'INVALID_SPEC' });
      expect(error.message).toMatch(/two connections at a time/);
      await one.destroy();
      expect(await inLedger(db, 'done')).toHaveLength(6);
    },
    LARGE_ONES,
    [],
  ));

const LARGE_ONES = Array.from({ length: 6 }, (_, index) => `l-${index}`);

function forkRollout(task: RolloutTask): ReturnType<typeof fork> {
  const script = join(__dirname, '..', '..', 'chaos', 'online', 'rollout-child.ts');
  return fork(script, [JSON.stringify(task)], { execArgv: ['--import', 'tsx'] });
}

/** The stage that is due of the change that is under way; -1 where there is none. */
async function stageOf(db: Knex): Promise<number> {
  const { rows: there } = await db.raw(`select to_regclass('tenant_ddl.online_change') as is_there`);
  if (there[0].is_there === null) return -1;
  return (await recordsOf(db))[0]?.stage ?? -1;
}

async function rows(db: Knex): Promise<unknown[]> {
  return (await db.raw('select org, outcome, changed from tenant_ddl.rollout_tenant order by org')).rows;
}

/** How many sessions are at work on online changes. */
async function leases(db: Knex): Promise<number> {
  const sql = `select count(*)::int as n from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())`;
  return (await db.raw(sql)).rows[0].n;
}

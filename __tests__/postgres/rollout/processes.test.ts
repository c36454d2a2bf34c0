// Other processes, other servers, tenants that come and go, and a role that may little.
import { randomInt } from 'node:crypto';
import type { Knex } from 'knex';
import {
  pauseRollout,
  prepareLedger,
  resumeRollout,
  rollOut,
  rolloutStatus,
  type Change,
  type RolloutReport,
} from '../../../lib';
import { quiet } from '../../support/log';
import { connect, freshRole } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { inOwnDatabase } from '../../support/own-database';
import { countsOf, createTenants, inLedger, STATUS, withStatus, withTenants } from '../../support/rollout';
import { countedConnect } from '../../support/round-trips';
import { until } from '../../support/through-proxy';

const options = { logger: quiet, retry: { maxAttempts: 1 } };
const spec = { name: 'invoice.status', changes: STATUS };

it('is one round trip a tenant', () =>
  withTenants(50, async (_db, orgs, url) => {
    const { db, sent } = countedConnect({ connection: { connectionString: url }, pool: { min: 0, max: 2 } });
    await rollOut(spec, db, { ...options, orgs, canary: 0, waves: [], connections: 2 });
    const batches = sent.filter((sql) => sql.startsWith('begin'));
    expect(batches).toHaveLength(50);
    expect(batches.every((sql) => sql.endsWith('commit'))).toBe(true);
    // What else is asked does not grow with the tenants.
    expect(sent.length - batches.length).toBeLessThan(20);

    const before = sent.length;
    const again = { name: 'invoice.note', changes: [{ ...STATUS[0], field: { name: 'note', type: 'Text' } }] } as never;
    await rollOut(again, db, { ...options, orgs, canary: 0, waves: [], connections: 2 });
    // The ledger, the name, the rollout, its tenants, its start; the claims, what others have claimed; the end.
    expect(sent.slice(before).filter((sql) => !sql.startsWith('begin')).length).toBeLessThanOrEqual(9);
    await db.destroy();
  }));

it('shares the tenants among calls at the same time, each tenant once', () =>
  withTenants(300, async (db, orgs, url) => {
    const pools = [1, 2, 3].map(() => connect({ connection: { connectionString: url } }));
    const reports = await Promise.all(pools.map((pool) => rollOut(spec, pool, { ...options, orgs, retry: {} })));
    for (const pool of pools) await pool.destroy();
    expect(reports.map(countsOf)).toEqual(Array(3).fill({ targets: 300, done: 300 }));
    const { rows } = await db.raw('select distinct attempts from tenant_ddl.rollout_tenant');
    expect(rows).toEqual([{ attempts: 1 }]);
    expect(await withStatus(db)).toHaveLength(300);
  }));

it('begins no wave before its wait and its check, whichever process calls', () =>
  withTenants(20, async (db, orgs, url) => {
    const pools = [1, 2, 3].map(() => connect({ connection: { connectionString: url } }));
    let isHealthy = false;
    let checks = 0;
    const check = (): boolean => {
      checks += 1;
      return isHealthy;
    };
    const given = { ...options, orgs, canary: ['t-0'], waves: [4], bakeMs: 300, check };
    const startedAt = performance.now();
    const stopped = await Promise.all(pools.map((pool) => rollOut(spec, pool, given)));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300);
    expect(stopped.map(({ ended, reason, done }) => [ended, reason, done])).toEqual(
      Array(3).fill(['stopped', 'check', 1]),
    );
    expect(checks).toBeGreaterThanOrEqual(1);
    isHealthy = true;
    const reports = await Promise.all(pools.map((pool) => rollOut(spec, pool, given)));
    for (const pool of pools) await pool.destroy();
    expect(reports.map(countsOf)).toEqual(Array(3).fill({ targets: 20, done: 20 }));
    const { rows } = await db.raw(`select place, at from tenant_ddl.rollout_tenant order by at`);
    // The canary, then the wave, then the rest: nobody before their wave.
    const waveOf = ({ place }: { place: number }): number => (place < 1 ? 0 : place < 5 ? 1 : 2);
    expect(rows.map(waveOf)).toEqual([...rows.map(waveOf)].sort());
    const at = (wave: number): number[] =>
      rows.filter((row: { place: number }) => waveOf(row) === wave).map((row: { at: Date }) => row.at.getTime());
    expect(Math.min(...at(2)) - Math.max(...at(1))).toBeGreaterThanOrEqual(300);
  }));

it('pauses and goes on from another process: no connection goes on for more than its tenant in hand', () =>
  withTenants(200, async (db, orgs, url) => {
    const pool = connect({ connection: { connectionString: url } });
    const running = rollOut(spec, pool, { ...options, orgs, waves: [], maxPerSecond: 200 });
    await until(async () => (await done(db)) >= 20);
    expect(await pauseRollout(spec.name, db)).toMatchObject({ state: 'paused' });
    const before = await done(db);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await done(db)).toBeLessThanOrEqual(before + 4);
    expect(await rollOut(spec, db, { ...options, orgs })).toMatchObject({ ended: 'paused', state: 'paused' });
    expect(await resumeRollout(spec.name, db)).toMatchObject({ state: 'running' });
    expect(countsOf(await running)).toEqual({ targets: 200, done: 200 });
    await pool.destroy();
  }));

async function done(db: Knex): Promise<number> {
  const { rows } = await db.raw(`select to_regclass('tenant_ddl.rollout_tenant') as is_there`);
  if (rows[0].is_there === null) return 0;
  return (await inLedger(db, 'done')).length;
}

it('finds tenants that were created meanwhile, and counts those that were dropped as gone', () =>
  withTenants(150, async (db, orgs) => {
    const late = Array.from({ length: 50 }, (_, index) => `late-${index}`);
    let asked = 0;
    const given = async (): Promise<string[]> => {
      asked += 1;
      const { rows } = await db.raw(
        `select nspname as org from pg_namespace where nspname like 't-%' or nspname like 'late-%'`,
      );
      return rows.map(({ org }: { org: string }) => org);
    };
    const running = rollOut(spec, db, { ...options, orgs: given, canary: 0, maxPerSecond: 150, stopAfter: false });
    await until(async () => (await done(db)) >= 5);
    // The last in turn, which are pending still.
    const dropped = (await inLedger(db, 'pending')).slice(-50);
    await db.raw(dropped.map((org) => `drop schema "${org}" cascade`).join(';'));
    await createTenants(db, late);
    const report = await running;
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(countsOf(report)).toEqual({ targets: 200, done: 150, gone: 50 });
    expect(await inLedger(db, 'gone')).toEqual(dropped);
    expect(await withStatus(db)).toEqual([...orgs.filter((org) => !dropped.includes(org)), ...late].sort());
  }));

it('rolls out to several servers, with a ledger in each and one report', () =>
  withTenants(10, async (a, orgs) => {
    await inOwnDatabase(async (_url, b) => {
      const others = ['b-0', 'b-1', 'b-2'];
      await createTenants(b, others);
      await b.raw('drop table "b-1".invoice');
      const db = (org: string): Knex => (org.startsWith('b-') ? b : a);
      const report = await rollOut(spec, db, { ...options, orgs: [...orgs, ...others], canary: ['t-0'] });
      expect(countsOf(report)).toEqual({ targets: 13, done: 12, failed: 1 });
      expect(countsOf(await rolloutStatus(spec.name, [a, b]))).toEqual({ targets: 13, done: 12, failed: 1 });
      expect(countsOf(await rolloutStatus(spec.name, b))).toEqual({ targets: 3, done: 2, failed: 1 });
      expect(await withStatus(a)).toHaveLength(10);
      expect(await withStatus(b)).toEqual(['b-0', 'b-2']);
    });
  }));

it('stops on every server when too many fail on all of them together', () =>
  withTenants(30, async (a, orgs) => {
    await inOwnDatabase(async (_url, b) => {
      const others = orgs.map((org) => org.replace('t-', 'b-'));
      await createTenants(b, others);
      for (const [db, all] of [
        [a, orgs],
        [b, others],
      ] as const)
        await db.raw(all.map((org) => `drop table "${org}".invoice`).join(';'));
      const db = (org: string): Knex => (org.startsWith('b-') ? b : a);
      const given = {
        ...options,
        orgs: [...orgs, ...others],
        canary: 0,
        connections: 1,
        stopAfter: { failures: 6, ratio: 1 },
      };
      const report: RolloutReport = await rollOut(spec, db, given);
      expect(report).toMatchObject({ ended: 'stopped', state: 'stopped', reason: 'failures' });
      expect(report.failed).toBeLessThanOrEqual(8);
      for (const each of [a, b]) expect(await rolloutStatus(spec.name, each)).toMatchObject({ state: 'stopped' });
    });
  }));

it('changes one tenant at a time where a table is locked that all of them share', () =>
  withTenants(30, async (db, orgs) => {
    await db.raw('create table public.country (code varchar(2) primary key)');
    const references = { schema: 'public', table: 'country', column: 'code', onDelete: 'RESTRICT' } as const;
    const changes: Change[] = [
      { kind: 'addField', table: 'invoice', field: { name: 'country', type: 'String', length: 2, references } },
    ];
    let most = 0;
    let atOnce = 0;
    db.on('query', ({ sql }: { sql: string }) => {
      if (!/^begin/.test(sql)) return;
      atOnce += 1;
      most = Math.max(most, atOnce);
    });
    db.client.pool.on('release', () => (atOnce = Math.max(0, atOnce - 1)));
    const report = await rollOut({ name: 'country', changes }, db, { ...options, orgs, canary: 0, waves: [] });
    expect(countsOf(report)).toEqual({ targets: 30, done: 30 });
    expect(most).toBe(1);
  }));

it('gives a role that may not create the ledger the SQL for its admin, and works when that has run', () =>
  withTenants(3, async (db, orgs, url) => {
    const role = freshRole();
    await db.raw(`create role ?? login password 'secret'`, [role]);
    const address = new URL(url);
    [address.username, address.password] = [role, 'secret'];
    for (const org of orgs) {
      await db.raw('alter schema ?? owner to ??; alter table ??.invoice owner to ??', [org, role, org, role]);
    }
    const pool = connect({ connection: { connectionString: address.href } });
    const error = await migrationError(rollOut(spec, pool, { ...options, orgs }));
    expect(error.code).toBe('PERMISSION_DENIED');
    const sql = error.message.slice(error.message.indexOf('\n') + 1);
    expect(sql).toMatch(/^create schema "tenant_ddl";\ncreate table/);
    expect((await migrationError(prepareLedger(pool))).message).toBe(error.message);
    await db.raw(sql.replaceAll('?', '\\?'));
    await prepareLedger(pool);
    expect(countsOf(await rollOut(spec, pool, { ...options, orgs }))).toEqual({ targets: 3, done: 3 });
    await pool.destroy();
    await db.raw('drop owned by ??', [role]);
    for (const org of orgs) await db.raw('drop schema if exists ?? cascade', [org]);
  }));

it('prepares the ledger once, however many do so at the same time', () =>
  inOwnDatabase(async (_url, db) => {
    await Promise.all(Array.from({ length: 8 }, () => prepareLedger(db)));
    const { rows } = await db.raw(`select relname from pg_class join pg_namespace n on n.oid = relnamespace
      where nspname = 'tenant_ddl' and relkind = 'r' order by 1`);
    expect(rows).toEqual([{ relname: 'rollout' }, { relname: 'rollout_tenant' }]);
  }));

it('says that there is no rollout of a name', () =>
  inOwnDatabase(async (_url, db) => {
    await prepareLedger(db);
    for (const call of [rolloutStatus, pauseRollout, resumeRollout]) {
      await expect(call('none', db)).rejects.toMatchObject({
        code: 'INVALID_SPEC',
        message: expect.stringContaining('"none"'),
      });
    }
  }));

it(
  'takes one query, and 50 ms at most, for the status of one of 50 rollouts over 10,000 tenants',
  () =>
    inOwnDatabase(async (url, db) => {
      await prepareLedger(db);
      await db.raw(`insert into tenant_ddl.rollout (name, changes, hash, version, seed, state)
        select 'r' || g, '[]', 'h', '1', 1, 'finished' from generate_series(1, 50) g`);
      await db.raw(`insert into tenant_ddl.rollout_tenant (rollout, org, place, outcome, code)
        select r, 't-' || g, g, case when g % 50 = 0 then 'failed' else 'done' end, case when g % 50 = 0 then 'FIELD_EXISTS' end
        from generate_series(1, 50) r, generate_series(1, 10000) g`);
      await db.raw('analyze tenant_ddl.rollout_tenant');
      const { db: counted, sent } = countedConnect({ connection: { connectionString: url }, pool: { min: 0, max: 1 } });
      const times: number[] = [];
      for (let at = 0; at < 9; at += 1) {
        const startedAt = performance.now();
        const status = await rolloutStatus(`r${randomInt(1, 51)}`, counted);
        times.push(performance.now() - startedAt);
        expect(countsOf(status)).toEqual({ targets: 10_000, done: 9800, failed: 200 });
      }
      expect(sent).toHaveLength(9);
      times.sort((a, b) => a - b);
      expect(times[4]).toBeLessThan(50);
      await counted.destroy();
    }),
  60_000,
);

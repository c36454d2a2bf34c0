// Canary, waves, the wait and the check between them, and the rule that stops a rollout.
import { rollOut, type RolloutProgress, type RolloutWave } from '../../../lib';
import { quiet } from '../../support/log';
import { countsOf, inLedger, STATUS, withStatus, withTenants } from '../../support/rollout';

const options = { logger: quiet, retry: { maxAttempts: 1 } };
const spec = { name: 'invoice.status', changes: STATUS };

it('leaves every other tenant untouched where a canary fails, also at the next call', () =>
  withTenants(20, async (db, orgs) => {
    await db.raw('drop table "t-7".invoice');
    const given = { ...options, orgs, canary: ['t-7'] };
    const report = await rollOut(spec, db, given);
    expect(report).toMatchObject({
      ended: 'stopped',
      state: 'stopped',
      reason: 'canary',
    });
    expect(countsOf(report)).toEqual({ targets: 20, failed: 1, pending: 19 });
    expect(await withStatus(db)).toEqual([]);
    expect(await rollOut(spec, db, given)).toMatchObject({ ended: 'stopped', reason: 'canary', done: 0, failed: 1 });
    await db.raw('create table "t-7".invoice (id int)');
    expect(countsOf(await rollOut(spec, db, { ...given, retryFailed: true }))).toEqual({ targets: 20, done: 20 });
  }));

it('asks the check after each wave but the last, with those that it has changed', () =>
  withTenants(12, async (db, orgs) => {
    const waves: RolloutWave[] = [];
    const check = (wave: RolloutWave): void => void waves.push(wave);
    const report = await rollOut(spec, db, { ...options, orgs, waves: [3, 4], check });
    expect(report.ended).toBe('finished');
    const seen = waves.map(({ wave, orgs: changed, done, pending }) => [wave, changed.length, done, pending]);
    expect(seen).toEqual([
      [0, 1, 1, 11],
      [1, 3, 4, 8],
      [2, 4, 8, 4],
    ]);
    const { rows } = await db.raw('select org from tenant_ddl.rollout_tenant order by place limit 8');
    const inTurn = rows.map(({ org }: { org: string }) => org);
    expect(waves.flatMap(({ orgs: changed }) => [...changed]).sort()).toEqual(inTurn.sort());
  }));

it('changes no tenant of the next wave where the check says no, and goes on at the next call', () =>
  withTenants(12, async (db, orgs) => {
    const given = { ...options, orgs, waves: [3] };
    const check = ({ wave }: RolloutWave): boolean => wave === 0;
    const report = await rollOut(spec, db, { ...given, check });
    expect(report).toMatchObject({ ended: 'stopped', reason: 'check', done: 4, pending: 8 });
    expect(await withStatus(db)).toHaveLength(4);
    expect(countsOf(await rollOut(spec, db, given))).toEqual({ targets: 12, done: 12 });
  }));

it('waits after each wave', () =>
  withTenants(4, async (db, orgs) => {
    const times: number[] = [];
    const check = (): void => void times.push(performance.now());
    const startedAt = performance.now();
    await rollOut(spec, db, { ...options, orgs, waves: [1], bakeMs: 200, check });
    expect((times[0] ?? 0) - startedAt).toBeGreaterThanOrEqual(200);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(200);
  }));

it.each([
  [{ failures: 3 }, 3],
  [{ failures: 100, ratio: 0.5, of: 6 }, 6],
])('stops by the rule %j, with at most one more tenant a connection', (stopAfter, failures) =>
  withTenants(40, async (db, orgs) => {
    await db.raw(orgs.map((org) => `drop table "${org}".invoice`).join(';'));
    const connections = 4;
    const report = await rollOut(spec, db, { ...options, orgs, canary: 0, connections, stopAfter });
    expect(report).toMatchObject({ ended: 'stopped', reason: 'failures' });
    expect(report.failed).toBeGreaterThanOrEqual(failures);
    expect(report.failed).toBeLessThan(failures + connections);
    expect(report.pending).toBe(40 - report.failed);
  }),
);

it('counts for the rule only what failed since it went on', () =>
  withTenants(12, async (db, orgs) => {
    for (const org of orgs.slice(0, 6)) await db.raw('drop table ??.invoice', [org]);
    const given = { ...options, orgs, canary: 0, waves: [], connections: 1, stopAfter: { failures: 3, ratio: 1 } };
    expect(await rollOut(spec, db, given)).toMatchObject({ ended: 'stopped', failed: 3 });
    expect(await rollOut(spec, db, given)).toMatchObject({ ended: 'stopped', failed: 6 });
    expect(countsOf(await rollOut(spec, db, given))).toEqual({ targets: 12, done: 6, failed: 6 });
  }));

it('never stops with stopAfter: false', () =>
  withTenants(15, async (db, orgs) => {
    for (const org of orgs) await db.raw('drop table ??.invoice', [org]);
    const report = await rollOut(spec, db, { ...options, orgs, canary: 0, stopAfter: false });
    expect(countsOf(report)).toEqual({ targets: 15, failed: 15 });
    expect(report).toMatchObject({ ended: 'finished', failures: [{ code: 'MODEL_NOT_FOUND', count: 15 }] });
    expect(report.failures[0]?.examples).toEqual((await inLedger(db, 'failed')).slice(0, 3));
  }));

it('tells of its progress, in counts that add up', () =>
  withTenants(30, async (db, orgs) => {
    const seen: RolloutProgress[] = [];
    const onProgress = (progress: RolloutProgress): void => void seen.push(progress);
    await rollOut(spec, db, { ...options, orgs, maxPerSecond: 12, onProgress });
    expect(seen.length).toBeGreaterThanOrEqual(2);
    seen.forEach((progress) => countsOf(progress));
    expect(seen.at(-1)).toMatchObject({ state: 'finished', done: 30, pending: 0, leftMs: 0 });
    const [early] = seen;
    expect(early?.perSecond).toBeLessThan(20);
  }));

it('changes no more tenants a second than it may', () =>
  withTenants(11, async (db, orgs) => {
    const { durationMs } = await rollOut(spec, db, { ...options, orgs, maxPerSecond: 20 });
    expect(durationMs).toBeGreaterThanOrEqual(500);
  }));

it('says what a trial shows, and changes nothing where one fails', () =>
  withTenants(6, async (db, orgs) => {
    await db.raw('drop table "t-2".invoice');
    const given = { ...options, orgs, trial: 6 };
    const report = await rollOut(spec, db, given);
    expect(report).toMatchObject({ ended: 'stopped', reason: 'trial', targets: 6, pending: 6 });
    expect(report.trial).toMatchObject({
      failures: [{ code: 'MODEL_NOT_FOUND', operation: 'ADD COLUMN', table: 'invoice', count: 1, examples: ['t-2'] }],
    });
    expect(report.trial?.orgs.slice().sort()).toEqual(orgs);
    expect(await withStatus(db)).toEqual([]);
    // Nothing was written down: the list can be corrected.
    await db.raw('create table "t-2".invoice (id int)');
    const changes = [{ kind: 'addField', table: 'invoice', field: { name: 'status', type: 'Text' } }] as const;
    const second = await rollOut({ ...spec, changes }, db, given);
    expect(countsOf(second)).toEqual({ targets: 6, done: 6 });
    expect(second.trial).toMatchObject({ failures: [], medianMs: expect.any(Number), maxMs: expect.any(Number) });
  }));

it('does not wait for standbys where there are none', () =>
  withTenants(3, async (db, orgs) => {
    const report = await rollOut(spec, db, { ...options, orgs, maxLagMs: 1 });
    expect(countsOf(report)).toEqual({ targets: 3, done: 3 });
  }));

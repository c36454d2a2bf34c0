// Many processes, woken by pg-boss: jobs may be lost, late or delivered twice, since the ledger is the truth.
import { rollOut, rolloutStatus, workRollouts, pauseRollout, resumeRollout } from '../../../lib';
import type { Change, RolloutQueue, RolloutWave, RolloutWorker } from '../../../lib';
import { quiet } from '../../support/log';
import { connect } from '../../support/postgres';
import { countsOf, inLedger, STATUS, withStatus, withTenants } from '../../support/rollout';
import { until } from '../../support/through-proxy';

/** What the tests use of pg-boss: it is no dependency, and may be another version, or not be there. */
interface PgBoss extends RolloutQueue {
  on(event: 'error', listener: () => void): unknown;
  start(): Promise<unknown>;
  stop(options: object): Promise<unknown>;
}

/** Of environment.cjs. Version 12 is an ES module. */
declare const requireOfNode: (module: string) => unknown;

const newBoss = bossOf(process.env.PG_BOSS ?? 'pg-boss');

/** Version 12 has a named export, version 10 is the class itself. */
function bossOf(module: string): ((options: object) => PgBoss) | undefined {
  type Class = new (options: object) => PgBoss;
  try {
    const loaded = requireOfNode(module) as Class & { readonly PgBoss?: Class };
    const Boss = loaded.PgBoss ?? loaded;
    return (options) => new Boss(options);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    process.stdout.write('Skipped: rollouts by pg-boss, which is not installed (npm ci).\n');
    return undefined;
  }
}

const test = newBoss === undefined ? it.skip : it;

const options = { logger: quiet, retry: { delayMs: 1 } };
const spec = { name: 'invoice.status', changes: STATUS };

/** A pg-boss for the caller, and so many workers, each with a pg-boss and a pool of its own. */
async function withWorkers(
  url: string,
  count: number,
  run: (boss: PgBoss, workers: readonly RolloutWorker[]) => Promise<void>,
): Promise<void> {
  const started = async (): Promise<PgBoss> => {
    const boss = (newBoss as NonNullable<typeof newBoss>)({
      connectionString: url,
      application_name: 'pg-boss',
      max: 2,
    });
    boss.on('error', () => undefined);
    await boss.start();
    return boss;
  };
  const boss = await started();
  const bosses: PgBoss[] = [];
  const workers: RolloutWorker[] = [];
  const pools = Array.from({ length: count }, () => connect({ connection: { connectionString: url } }));
  try {
    for (const pool of pools) {
      const own = await started();
      bosses.push(own);
      workers.push(await workRollouts(own, pool, options));
    }
    await run(boss, workers);
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all([boss, ...bosses].map((each) => each.stop({ graceful: false, wait: true })));
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

/** Delivers every job twice, and a job of a rollout that never was. */
function twice(boss: PgBoss): RolloutQueue {
  return {
    createQueue: (name) => boss.createQueue(name),
    send: async (name, data) => {
      await boss.send(name, { ...data, name: 'never' });
      await boss.send(name, data);
      return boss.send(name, data);
    },
    work: (name, given, handler) => boss.work(name, given, handler),
    offWork: (name) => boss.offWork(name),
  };
}

test(
  'changes each tenant once by several workers, though each job comes twice',
  () =>
    withTenants(150, async (db, orgs, url) => {
      await withWorkers(url, 3, async (boss) => {
        const waves: RolloutWave[] = [];
        const check = (wave: RolloutWave): void => void waves.push(wave);
        const report = await rollOut(spec, db, { ...options, orgs, waves: [20], check, queue: twice(boss) });
        expect(report.ended).toBe('finished');
        expect(countsOf(report)).toEqual({ targets: 150, done: 150 });
        expect(waves.map(({ wave, orgs: changed, done }) => [wave, changed.length, done])).toEqual([
          [0, 1, 1],
          [1, 20, 21],
        ]);
      });
      expect(await withStatus(db)).toHaveLength(150);
      const { rows } = await db.raw('select distinct attempts from tenant_ddl.rollout_tenant');
      expect(rows).toEqual([{ attempts: 1 }]);
    }),
  60_000,
);

test(
  'takes the rule that stops it, and the failures of its tenants, from the workers',
  () =>
    withTenants(60, async (db, orgs, url) => {
      await db.raw(orgs.map((org) => `drop table "${org}".invoice`).join(';'));
      await withWorkers(url, 2, async (boss) => {
        const given = { ...options, orgs, canary: 0, waves: [], stopAfter: { failures: 5, ratio: 1 }, queue: boss };
        const report = await rollOut(spec, db, given);
        expect(report).toMatchObject({ ended: 'stopped', reason: 'failures', failures: [{ code: 'MODEL_NOT_FOUND' }] });
        expect(report.failed).toBeGreaterThanOrEqual(5);
        expect(report.failed).toBeLessThan(5 + 2 * 4);
      });
    }),
  60_000,
);

test(
  'leaves a failed canary the only one that was tried',
  () =>
    withTenants(20, async (db, orgs, url) => {
      await db.raw('drop table "t-5".invoice');
      await withWorkers(url, 2, async (boss) => {
        const report = await rollOut(spec, db, { ...options, orgs, canary: ['t-5'], queue: boss });
        expect(report.ended).toBe('stopped');
        expect(countsOf(report)).toEqual({ targets: 20, failed: 1, pending: 19 });
      });
    }),
  60_000,
);

test(
  'goes on after a pause, and with the workers that are left',
  () =>
    withTenants(300, async (db, orgs, url) => {
      await withWorkers(url, 2, async (boss, [first]) => {
        const running = rollOut(spec, db, { ...options, orgs, canary: 0, waves: [], queue: boss });
        await until(
          async () => (await db.raw(`select to_regclass('tenant_ddl.rollout_tenant') as t`)).rows[0].t !== null,
        );
        await until(async () => (await inLedger(db, 'done')).length > 10);
        await pauseRollout(spec.name, db);
        await until(async () => {
          const before = (await inLedger(db, 'done')).length;
          await new Promise((resolve) => setTimeout(resolve, 200));
          return (await inLedger(db, 'done')).length === before;
        });
        await first?.stop();
        expect((await rolloutStatus(spec.name, db)).state).toBe('paused');
        await resumeRollout(spec.name, db);
        expect(countsOf(await running)).toEqual({ targets: 300, done: 300 });
      });
    }),
  60_000,
);

test(
  'has the workers make online what is to be made online, once each',
  () =>
    withTenants(8, async (db, orgs, url) => {
      const changes: Change[] = [{ kind: 'addIndex', table: 'invoice', columns: ['id'], name: 'by_id' }];
      await withWorkers(url, 2, async (boss) => {
        const given = { ...options, orgs, canary: 0, waves: [], online: { fromRows: 0 }, queue: twice(boss) };
        const report = await rollOut({ name: 'by id', changes }, db, given);
        expect(countsOf(report)).toEqual({ targets: 8, done: 8 });
      });
      const { rows } = await db.raw(
        `select count(*)::int as n from pg_index x join pg_class c on c.oid = indexrelid where relname = 'by_id' and indisvalid`,
      );
      expect(rows).toEqual([{ n: 8 }]);
      const { rows: made } = await db.raw('select distinct attempts from tenant_ddl.rollout_tenant');
      expect(made).toEqual([{ attempts: 1 }]);
      // Built in stages, each of which has ended its record.
      expect((await db.raw('select from tenant_ddl.online_change')).rows).toEqual([]);
    }),
  60_000,
);

it('refuses what is no pg-boss', () =>
  withTenants(1, async (db, orgs) => {
    await expect(workRollouts({} as never, db)).rejects.toMatchObject({ code: 'INVALID_SPEC' });
    const given = { ...options, orgs, queue: {} as never };
    await expect(rollOut(spec, db, given)).rejects.toThrow('options.queue: must be a started pg-boss, 10 or 12');
  }));

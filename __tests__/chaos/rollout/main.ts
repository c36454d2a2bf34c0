// npm run chaos:rollout -- --seed 1 --tenants 1000 --points 200
// Three processes with eight connections roll one list out, while processes are killed, connections cut, tenants created
// and dropped; then every promise is looked at.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { knex, type Knex } from 'knex';
import { rollOut, rolloutStatus } from '../../../lib';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import { startProxy, type Proxy } from '../proxy';
import { randomOf, type Random } from '../random';
import { CHANGES, NAME, type WorkerTask } from './task';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    tenants: { type: 'string', default: '1000' },
    points: { type: 'string', default: '200' },
    /** By pg-boss, each job delivered twice, in place of three calls of rollOut. */
    queue: { type: 'boolean', default: false },
  },
});

const LATE = 50;

async function main(): Promise<boolean> {
  const random = randomOf(Number(values.seed));
  const points = Number(values.points);
  const server = await startPostgres({ settings: NOT_DURABLE });
  const proxy = await startProxy(server.url);
  const admin = knex({ client: 'pg', connection: server.url, pool: { min: 0, max: 2 } });
  const startedAt = performance.now();
  const tasks: WorkerTask[] = [3, 3, 2].map((connections) => ({
    url: proxy.url,
    bossUrl: server.url,
    connections,
    mode: values.queue ? 'work' : 'call',
  }));
  if (values.queue) tasks.push({ url: proxy.url, bossUrl: server.url, connections: 1, mode: 'queue' });
  const counts = { cuts: 0, kills: 0 };
  const running: (ChildProcess | undefined)[] = [];
  try {
    const orgs = Array.from({ length: Number(values.tenants) }, (_, at) => `t-${at}`);
    await createTenants(admin, orgs);
    tasks.forEach((task, at) => (running[at] = start(task)));
    const stopCuts = cutAtRandom(proxy, random, () => (counts.cuts += 1));
    const meanwhile = changeTenants(admin, orgs);
    while (counts.cuts + counts.kills < points && running.some(isAlive)) {
      await sleep(random.int(300, 1500));
      const at = random.int(0, tasks.length - 1);
      if (!isAlive(running[at])) continue;
      counts.kills += 1;
      await kill(running[at]);
      running[at] = start(tasks[at] as WorkerTask);
    }
    stopCuts();
    const dropped = await meanwhile;
    await Promise.all(running.map(kill));
    return await isSound(admin, dropped, counts, startedAt);
  } finally {
    await Promise.all(running.map(kill));
    await admin.destroy();
    await proxy.close();
    await server.stop();
  }
}

function start(task: WorkerTask): ChildProcess {
  return fork(join(__dirname, 'worker.ts'), [JSON.stringify(task)], { execArgv: ['--import', 'tsx'] });
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || !isAlive(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Before the server has a question, or after its answer; now and then every connection at once. */
function cutAtRandom(proxy: Proxy, random: Random, onCut: () => void): () => void {
  return proxy.onExchange(async (exchange) => {
    if (!random.chance(1 / 12)) return;
    onCut();
    const how = random.int(0, 9);
    if (how < 5) await exchange.ask();
    if (how === 9) proxy.cutAll();
    else exchange.cut(how % 2 === 0 ? 'reset' : 'end');
  });
}

async function createTenants(admin: Knex, orgs: readonly string[]): Promise<void> {
  for (let at = 0; at < orgs.length; at += 100) {
    const some = orgs.slice(at, at + 100);
    await admin.raw(
      some.map((org) => `create schema "${org}"; create table "${org}".invoice (id int primary key)`).join(';'),
    );
  }
}

/** Creates some tenants and drops others, a few at a time; gives those that were dropped. */
async function changeTenants(admin: Knex, orgs: readonly string[]): Promise<readonly string[]> {
  const dropped: string[] = [];
  for (let at = 0; at < LATE; at += 1) {
    await sleep(200);
    await createTenants(admin, [`t-late-${at}`]);
    const org = orgs[orgs.length - 1 - at * 2] as string;
    await admin.raw('drop schema ?? cascade', [org]);
    dropped.push(org);
  }
  return dropped;
}

/** Ends the rollout in peace, and looks at what is there. */
async function isSound(
  admin: Knex,
  dropped: readonly string[],
  counts: { readonly cuts: number; readonly kills: number },
  startedAt: number,
): Promise<boolean> {
  const before = await rolloutStatus(NAME, admin);
  const { rows: schemas } = await admin.raw(`select nspname as org from pg_namespace where nspname like 't-%'`);
  const orgs = schemas.map(({ org }: { org: string }) => org) as string[];
  const report = await rollOut({ name: NAME, changes: CHANGES }, admin, { logger: false, orgs, stopAfter: false });
  const { rows } = await admin.raw(`select n.nspname as org from pg_namespace n
    where nspname like 't-%' and (
      not exists (select from pg_class c join pg_attribute a on a.attrelid = c.oid
        where c.relnamespace = n.oid and c.relname = 'invoice' and a.attname = 'status' and not a.attisdropped)
      or not exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'payment'))`);
  const { targets, done, already, failed, skipped, gone, pending } = report;
  const violations = [
    ...rows.map(({ org }: { org: string }) => `${org} has not the changes`),
    ...(report.ended === 'finished' ? [] : [`it ended ${report.ended}`]),
    // Twice in one tenant would fail there: the column is there already.
    ...(failed === 0 ? [] : [`failed: ${JSON.stringify(report.failures)}`]),
    ...(done + already + failed + skipped + gone + pending === targets ? [] : ['the counts do not add up']),
    ...(pending === 0 ? [] : [`${pending} are pending`]),
    ...(gone <= dropped.length ? [] : [`${gone} are gone, of ${dropped.length} that were dropped`]),
    ...(done >= orgs.length ? [] : [`${done} are done, of ${orgs.length}`]),
  ];
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `seed ${values.seed}${values.queue ? ', by pg-boss' : ''}: ${counts.kills} kills, ${counts.cuts} cuts in ${seconds} s; before the last call ${before.done} done, ${before.failed} failed, ${before.gone} gone, ${before.pending} pending; then ${done} done, ${gone} gone of ${targets}; ${violations.length} violations`,
  );
  violations.forEach((violation) => console.log(`  ${violation}`));
  return violations.length === 0;
}

void main().then(
  (isGood) => (process.exitCode = isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

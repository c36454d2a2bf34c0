import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosServer } from '../fault';
import { startProxy, type Proxy } from '../proxy';
import { nodeAt, type Node } from './node';
import { setOnNode } from './settings';

/** A worker, and the coordinator's line to it. */
export interface Worker extends Node {
  readonly line: Proxy;
}

/** A Citus cluster that is for nothing else: its servers are restarted, and its workers reached by way of the harness. */
export interface Cluster extends ChaosServer {
  readonly workers: readonly Worker[];
  readonly coordinator: Node;
  /** Lets Citus finish what a lost worker has kept; what it does not finish, in words. */
  settle(): Promise<readonly string[]>;
}

/** The lines to the workers are read, so nothing on them is encrypted. A deadlock is found while a lock is still waited for. */
const SETTINGS = { 'citus.node_conninfo': 'sslmode=disable', deadlock_timeout: '30ms' };

const SETTLED_MS = 20_000;

/** @param url a database on the coordinator, of a superuser */
export async function useCluster(url: string): Promise<Cluster> {
  const coordinator = nodeAt(url, 'chaos-admin');
  const { rows } = await coordinator.admin.raw(
    'select nodeid, nodename, nodeport from pg_dist_node where groupid > 0 and isactive',
  );
  const places = rows as { nodeid: number; nodename: string; nodeport: number }[];
  const workers = await Promise.all(places.map((place) => workerAt(addressOf(url, place))));
  const nodes = [coordinator, ...workers];
  const takenBack = await Promise.all(nodes.map(({ admin }) => setOnNode(admin, SETTINGS)));
  // Citus goes by way of a pooler that it is told of.
  const { admin } = coordinator;
  const direct = (): Promise<unknown> => admin.raw('delete from pg_dist_poolinfo');
  await direct();
  for (const [at, { nodeid }] of places.entries())
    await admin.raw('insert into pg_dist_poolinfo values (?, ?)', [
      nodeid,
      `host=127.0.0.1 port=${portOf(workers[at])}`,
    ]);

  let up: Promise<void> = Promise.resolve();
  const down = (mode: 'immediate' | 'fast') => async (): Promise<void> => {
    await coordinator.restart(mode);
    up = coordinator.whenUp();
  };
  return {
    url,
    coordinator,
    workers,
    crash: down('immediate'),
    shutDown: down('fast'),
    start: () => up,
    settle: () => settled(coordinator, workers),
    stop: async () => {
      await direct();
      for (const takeBack of takenBack) await takeBack();
      await Promise.all(workers.map(({ line }) => line.close()));
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}

async function workerAt(url: string): Promise<Worker> {
  return { ...nodeAt(url, 'chaos-worker'), line: await startProxy(url) };
}

function addressOf(url: string, { nodename, nodeport }: { nodename: string; nodeport: number }): string {
  const address = new URL(url);
  address.hostname = nodename;
  address.port = String(nodeport);
  return address.href;
}

function portOf(worker: Worker | undefined): string {
  return new URL(worker?.line.url ?? '').port;
}

/**
 * What a worker has prepared and its coordinator lost is finished by Citus's maintenance daemon, once a minute, or by this
 * call of what the daemon calls.
 */
async function settled(coordinator: Node, workers: readonly Worker[]): Promise<readonly string[]> {
  const deadline = Date.now() + SETTLED_MS;
  for (;;) {
    const left = await unsettled(coordinator, workers).catch((error: unknown) => [`the cluster: ${String(error)}`]);
    if (left.length === 0 || Date.now() > deadline) return left;
    await sleep(50);
  }
}

async function unsettled(coordinator: Node, workers: readonly Worker[]): Promise<string[]> {
  await Promise.all([coordinator, ...workers].map((node) => node.whenUp()));
  await coordinator.admin.raw('select recover_prepared_transactions()');
  const left = workers.map(async ({ admin, url }) => {
    const { rows } = await admin.raw(
      `select 'prepared transaction ' || gid as what from pg_prepared_xacts
       union all select 'session ' || pid || ' is ' || state || ': ' || left(query, 80) from pg_stat_activity
         where application_name like 'citus_internal%' and backend_type = 'client backend' and xact_start is not null`,
    );
    return (rows as { what: string }[]).map(({ what }) => `on the worker ${new URL(url).host}, ${what}`);
  });
  return (await Promise.all(left)).flat();
}

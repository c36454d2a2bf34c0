import { knex } from 'knex';
import type { Knex } from 'knex';
import { startPgBouncer } from '../support/pgbouncer';
import { differingShards } from './cluster/shards';
import { citusFaultNames, faultNames, faults } from './faults';
import type { FaultName } from './faults';
import type { Stage } from './fault';
import { SERVICE_NAME, violationsOf } from './invariants';
import { planOf } from './plan';
import type { RoundPlan } from './plan';
import { startProxy } from './proxy';
import { serverOf } from './server';
import { SERVICES } from './task-plan';
import { runTask } from './task';
import type { Outcome } from './task';
import { setUpTenants } from './tenants';
import { startTlsLine } from './tls-line';
import { newTrace } from './trace';

export interface RoundResult {
  readonly plan: RoundPlan;
  readonly struck: readonly FaultName[];
  readonly outcomes: readonly Outcome[];
  readonly violations: readonly string[];
  readonly trace: readonly string[];
}

/** A round that takes longer than this hangs. */
const ROUND_MS = process.env.CITUS_URL ? 90_000 : 30_000;

/** Plays rounds against a server of its own, or the cluster that CITUS_URL names, and gives the result of each. */
export async function* playRounds(
  seed: number,
  rounds: readonly number[],
  withPooler = false,
): AsyncGenerator<RoundResult> {
  const unhandled: string[] = [];
  const onUnhandled = (error: unknown): void =>
    void unhandled.push(`unhandled: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('unhandledRejection', onUnhandled).on('uncaughtException', onUnhandled);
  const { server, cluster, certificate } = await serverOf(withPooler);
  const pooler = withPooler ? await startPgBouncer(server.url, { mode: 'transaction', size: 10 }) : undefined;
  const proxy = await startProxy(pooler?.url ?? server.url);
  const tls = certificate && (await startTlsLine(server.url));
  // The harness itself has time, however busy the machine is.
  const admin =
    cluster?.coordinator.admin ??
    knex({ ...configOf(server.url, 'chaos-admin', 10), acquireConnectionTimeout: 10_000 });
  const plain = Array.from({ length: SERVICES }, () => knex(configOf(proxy.url, SERVICE_NAME, 3)));
  const encrypted = tls && Array.from({ length: SERVICES }, () => tls.connect(configOf(server.url, SERVICE_NAME, 3)));
  try {
    for (const round of rounds) {
      const plan = planOf(seed, round, cluster === undefined ? faultNames : citusFaultNames);
      const trace = newTrace();
      const services = plan.faults.some(({ name }) => name === 'TLS damaged') ? (encrypted ?? plain) : plain;
      const stage = { server, cluster, proxy, admin, services, tls, tasks: plan.tasks, trace };
      const played = await playRound(stage, plan, withPooler);
      yield { ...played, plan, trace: trace.lines, violations: [...played.violations, ...unhandled.splice(0)] };
    }
  } finally {
    await proxy.close();
    await tls?.close();
    await Promise.all([...plain, ...(encrypted ?? [])].map((db) => db.destroy()));
    await pooler?.stop();
    // A cluster's own is needed until the end.
    if (cluster === undefined) await admin.destroy();
    await server.stop();
    certificate?.remove();
    process.off('unhandledRejection', onUnhandled).off('uncaughtException', onUnhandled);
  }
}

function configOf(url: string, name: string, size: number): Knex.Config {
  return {
    client: 'pg',
    connection: { connectionString: url, application_name: name },
    pool: { min: 0, max: size },
    acquireConnectionTimeout: 400,
    // A connection that is lost is nothing to tell here.
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined },
  };
}

async function playRound(
  stage: Stage,
  plan: RoundPlan,
  withPooler: boolean,
): Promise<Pick<RoundResult, 'struck' | 'outcomes' | 'violations'>> {
  const { admin, proxy, services, trace } = stage;
  await setUpTenants(admin, plan.tasks);
  const removeNotes = proxy.onExchange(({ connection, sql }) => trace.note(`connection ${connection}: ${sql}`));
  const injected = await Promise.all(
    plan.faults.map(async (fault) => ({ ...fault, ...(await faults[fault.name].inject(stage, fault)) })),
  );
  const ended = Promise.all(plan.tasks.map((task) => runTask(task, services[task.service] as Knex, trace)));
  const outcomes = await inTime(ended, plan.round);
  for (const fault of injected) await fault.end();
  const struck = injected.filter((fault) => fault.hasStruck()).map(({ name }) => name);
  const unsettled = (await stage.cluster?.settle()) ?? [];
  const violations = await violationsOf(admin, services, outcomes, {
    forgets: mayForget(struck, withPooler),
    workerDecidesRows: stage.cluster !== undefined,
  });
  const differing = stage.cluster === undefined ? [] : await differingShards(admin);
  removeNotes();
  return { struck, outcomes, violations: [...unsettled, ...violations, ...differing] };
}

/**
 * A crash may lose what became of a COMMIT. So may a restart in order behind a pooler: a client's connection outlives it,
 * its next change learns that the server is another run, but not yet of which history, and a second restart then leaves
 * nothing to compare.
 */
function mayForget(struck: readonly FaultName[], withPooler: boolean): boolean {
  return struck.includes('server stopped and started') || (withPooler && struck.includes('server restarted in order'));
}

async function inTime<T>(work: Promise<T>, round: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Round ${round} hangs.`)), ROUND_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

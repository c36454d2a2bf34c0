// W7: a rollout beside the limit of one simple query a tenant; ten thousand tenants from start to report; and what the
// clients of other tenants feel of it.
import { createRequire } from 'node:module';
import pg from 'pg';
import type * as Library from '../../lib/index.ts';
import { openKnex } from '../entries/knex.ts';
import { oneQuery } from '../entries/limits.ts';
import { byRollOut } from '../entries/tenant-ddl.ts';
import { inRounds, timed, urlAt } from '../measure.ts';
import { tableName } from '../models.ts';
import { dropColumn } from '../sql.ts';
import type { Database } from '../server.ts';
import { ratios, spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

export interface RolloutPace {
  readonly latencyMs: number;
  readonly tenants: number;
  readonly rounds: number;
  /** Tenants a second. */
  readonly rollOut: Spread;
  readonly oneQuery: Spread;
  /** The first by the second, of the same round. */
  readonly ratio: Spread;
}

/** What clients of other tenants wait for one transaction, in milliseconds. */
export interface ClientTimes {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export interface RolloutResult {
  readonly paces: readonly RolloutPace[];
  readonly whole: {
    readonly tenants: number;
    readonly ms: number;
    readonly statusMs: Spread;
    readonly rollouts: number;
  };
  readonly clients: { readonly quiet: ClientTimes; readonly during: ClientTimes };
}

const library = createRequire(import.meta.url)('../../dist/index.js') as typeof Library;

const CONNECTIONS = 4;
const ROLLOUTS_IN_LEDGER = 50;
const CLIENTS = 4;

export function rollouts(context: Context): Promise<RolloutResult> {
  const tenants = context.quick ? 1000 : 10_000;
  return withDatabase(context, 'rollouts', async (database) => {
    context.progress(`rollouts, making ${tenants} tenants`);
    const orgs = Array.from({ length: tenants }, (_, at) => `bench-rollout-${at}`);
    await createTenants(database, orgs);
    const paces: RolloutPace[] = [];
    for (const latencyMs of context.latenciesMs) paces.push(await paceAt(context, database, orgs, latencyMs));
    context.progress(`rollouts, ${tenants} tenants from start to report`);
    const whole = await wholeOf(database, orgs);
    context.progress('rollouts, clients of other tenants');
    const clients = await clientsOf(database, orgs);
    return { paces, whole, clients };
  });
}

async function createTenants(database: Database, orgs: readonly string[]): Promise<void> {
  for (let at = 0; at < orgs.length; at += 200) {
    const some = orgs.slice(at, at + 200);
    await database.run(
      some.map(
        (org) => `create schema "${org}"; create table "${org}"."${tableName(0)}" (id integer primary key, n integer)`,
      ),
    );
  }
}

async function dropColumns(database: Database, orgs: readonly string[]): Promise<void> {
  for (let at = 0; at < orgs.length; at += 100) {
    await database.run(orgs.slice(at, at + 100).map((org) => dropColumn(org, tableName(0))));
  }
}

async function paceAt(
  context: Context,
  database: Database,
  all: readonly string[],
  latencyMs: number,
): Promise<RolloutPace> {
  context.progress(`rollouts, ${latencyMs} ms`);
  const orgs = all.slice(0, 2000);
  const url = await urlAt(context.network, database.url, latencyMs);
  const entries = [byRollOut, oneQuery];
  const samples = new Map(entries.map((entry) => [entry, new Map<number, number>()]));
  let rounds = 0;
  await inRounds(entries, context.budget(), async (entry, round) => {
    const session = await entry.open({ url, connections: CONNECTIONS });
    const overAll = async (some: readonly string[]): Promise<void> => {
      if (session.addColumnInAll !== undefined) return session.addColumnInAll(some, tableName(0));
      const waiting = some.values();
      const work = async (): Promise<void> => {
        for (const org of waiting) await session.addColumn?.(org, tableName(0));
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, work));
    };
    const warm = orgs.slice(0, CONNECTIONS * 8);
    try {
      await overAll(warm);
      await dropColumns(database, warm);
      const { ms } = await timed(() => overAll(orgs));
      samples.get(entry)?.set(round, (orgs.length / ms) * 1000);
    } finally {
      await session.close();
    }
    await dropColumns(database, orgs);
    rounds = round + 1;
  });
  const [ours, limit] = entries.map((entry) => samples.get(entry) as Map<number, number>) as [
    Map<number, number>,
    Map<number, number>,
  ];
  return {
    latencyMs,
    tenants: orgs.length,
    rounds,
    rollOut: spreadOf([...ours.values()]),
    oneQuery: spreadOf([...limit.values()]),
    ratio: spreadOf(ratios(ours, limit)),
  };
}

async function wholeOf(database: Database, orgs: readonly string[]): Promise<RolloutResult['whole']> {
  const session = await byRollOut.open({ url: database.url, connections: CONNECTIONS });
  const { ms } = await timed(async () => session.addColumnInAll?.(orgs, tableName(0)));
  await session.close();
  await database.run(
    Array.from(
      { length: ROLLOUTS_IN_LEDGER },
      (_, at) => `
      with r as (insert into tenant_ddl.rollout (name, changes, hash, version, seed, state)
        values ('filler ${at}', '[]', 'x', 'x', 1, 'finished') returning id)
      insert into tenant_ddl.rollout_tenant (rollout, org, place, outcome)
        select id, 'bench-rollout-' || g, g, case when g % 100 = 0 then 'failed' else 'done' end
        from r, generate_series(1, ${orgs.length}) g`,
    ),
  );
  await database.run(['analyze tenant_ddl.rollout_tenant']);
  const db = openKnex({ url: database.url, connections: 1 });
  const times: number[] = [];
  for (let at = 0; at < ROLLOUTS_IN_LEDGER; at += 1) {
    const startedAt = performance.now();
    await library.rolloutStatus(`filler ${at}`, db as never);
    times.push(performance.now() - startedAt);
  }
  await db.destroy();
  await dropColumns(database, orgs);
  return { tenants: orgs.length, ms, statusMs: spreadOf(times), rollouts: ROLLOUTS_IN_LEDGER };
}

/** Clients of the second half of the tenants, while the first half is changed. */
async function clientsOf(database: Database, orgs: readonly string[]): Promise<RolloutResult['clients']> {
  const half = Math.floor(orgs.length / 2);
  const [changed, used] = [orgs.slice(0, half), orgs.slice(half)];
  const session = await byRollOut.open({ url: database.url, connections: CONNECTIONS });
  try {
    const quiet = await timesOf(database, used, () => new Promise((resolve) => setTimeout(resolve, 3000)));
    const during = await timesOf(database, used, async () => session.addColumnInAll?.(changed, tableName(0)));
    return { quiet, during };
  } finally {
    await session.close();
  }
}

async function timesOf(
  database: Database,
  orgs: readonly string[],
  work: () => Promise<unknown>,
): Promise<ClientTimes> {
  const pool = new pg.Pool({ connectionString: database.url, max: CLIENTS });
  const times: number[] = [];
  let isOver = false;
  const client = async (own: number): Promise<void> => {
    for (let at = own; !isOver; at += CLIENTS) {
      const org = orgs[at % orgs.length] as string;
      const startedAt = performance.now();
      await pool.query(`insert into "${org}"."${tableName(0)}" values (${at}) on conflict do nothing`);
      times.push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, own) => client(own));
  await work();
  isOver = true;
  await Promise.all(clients);
  await pool.end();
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor(times.length * part)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), count: times.length };
}

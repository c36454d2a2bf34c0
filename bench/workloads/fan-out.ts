// W4: one column in many tenants, over several connections.
import { bases, entries } from '../entries/index.ts';
import type { Entry, Session } from '../entries/entry.ts';
import { collectGarbage, heapBytes, inRounds, timed, urlAt } from '../measure.ts';
import { COLUMN, COLUMN_TYPE, modelsToProvision, tableName } from '../models.ts';
import { ratios, spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import { addColumn, createSchema, createTables, dropColumn } from '../sql.ts';
import type { Database } from '../server.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

export interface FanOutRow {
  readonly entry: string;
  readonly how: string;
  readonly kind: Entry['kind'];
  readonly tenantsPerSecond: Spread;
  /** Of the client, for a tenant. */
  readonly cpuMs: Spread;
  /** The most that the heap held beyond what it held before. */
  readonly heapMb: Spread;
  readonly toKnex: Spread;
  readonly toLimit: Spread;
}

export interface FanOutTable {
  readonly latencyMs: number;
  readonly connections: number;
  readonly tenants: number;
  readonly rounds: number;
  readonly rows: readonly FanOutRow[];
}

interface FanOutSample {
  readonly round: number;
  readonly tenantsPerSecond: number;
  readonly cpuMs: number;
  readonly heapMb: number;
}

const CONNECTIONS = [1, 4, 8, 16];

/** A runner of migrations works off one tenant after the other: it has no fan-out of its own. */
const ONE_CONNECTION_ONLY = ['node-pg-migrate', 'psql'];

export function fanOut(context: Context): Promise<FanOutTable[]> {
  const orgs = Array.from({ length: context.quick ? 100 : 1000 }, (_, at) => `bench-tenant-${at}`);
  return withDatabase(context, 'fan-out', async (database) => {
    for (const org of orgs) await database.run([createSchema(org), ...createTables(org, modelsToProvision(org, 1))]);
    const tables: FanOutTable[] = [];
    for (const latencyMs of context.latenciesMs) {
      for (const connections of context.quick ? [1, 4, 16] : CONNECTIONS) {
        context.progress(`fan-out, ${latencyMs} ms, ${connections} connections`);
        const tenants = tenantsOf(connections, latencyMs);
        tables.push(await measured(context, database, { orgs: orgs.slice(0, tenants), latencyMs, connections }));
      }
    }
    return tables;
  });
}

/** Fewer where few connections would wait for minutes: how many a second does not hang on it. */
function tenantsOf(connections: number, latencyMs: number): number {
  if (latencyMs === 0) return Infinity;
  return connections * (latencyMs > 2 ? 125 : 250);
}

interface Setting {
  readonly orgs: readonly string[];
  readonly latencyMs: number;
  readonly connections: number;
}

async function measured(context: Context, database: Database, setting: Setting): Promise<FanOutTable> {
  const { orgs, latencyMs, connections } = setting;
  const chosen = entries.filter(({ name }) => !ONE_CONNECTION_ONLY.includes(name) && (!context.quick || isMain(name)));
  const url = await urlAt(context.network, database.url, latencyMs);
  const samples = new Map<Entry, FanOutSample[]>(chosen.map((entry) => [entry, []]));
  let rounds = 0;
  const budget = { ...context.budget(context.quick ? 0.25 : 0.5), minRounds: context.quick ? 2 : 3 };
  await inRounds(chosen, budget, async (entry, round) => {
    const session = await entry.open({ url, connections });
    try {
      await warmedUp(session, orgs, connections);
      samples.get(entry)?.push({ round, ...(await once(session, orgs, connections)) });
    } finally {
      await session.close();
    }
    await assertEverywhere(database, entry, orgs);
    await eachOrg(database, orgs, dropColumn);
    rounds = round + 1;
  });
  const byRound = (entry: Entry): Map<number, number> =>
    new Map(samples.get(entry)?.map(({ round, tenantsPerSecond }) => [round, tenantsPerSecond]));
  const rows = [...samples].map(([entry, own]): FanOutRow => {
    const { name, how, kind } = entry;
    return {
      entry: name,
      how,
      kind,
      tenantsPerSecond: spreadOf(own.map(({ tenantsPerSecond }) => tenantsPerSecond)),
      cpuMs: spreadOf(own.map(({ cpuMs }) => cpuMs)),
      heapMb: spreadOf(own.map(({ heapMb }) => heapMb)),
      toKnex: spreadOf(ratios(byRound(entry), byRound(bases.knex))),
      toLimit: spreadOf(ratios(byRound(entry), byRound(bases.limit))),
    };
  });
  rows.sort((a, b) => b.tenantsPerSecond.median - a.tenantsPerSecond.median);
  return { latencyMs, connections, tenants: orgs.length, rounds, rows };
}

/** In a quick run: ours, and those that ours is measured by. */
function isMain(name: string): boolean {
  return [
    'tenant-ddl',
    'tenant-ddl, rollOut',
    'pg',
    'postgres',
    'knex',
    'kysely',
    'one query',
    'one query, no flush',
  ].includes(name);
}

async function once(
  session: Session,
  orgs: readonly string[],
  connections: number,
): Promise<Omit<FanOutSample, 'round'>> {
  const before = heapBytes();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().heapUsed)), 20);
  const { ms, cpuMs } = await timed(() => overAll(session, orgs, connections));
  clearInterval(watch);
  most = Math.max(most, process.memoryUsage().heapUsed);
  return {
    tenantsPerSecond: (orgs.length / ms) * 1000,
    cpuMs: cpuMs / orgs.length,
    heapMb: (most - before) / 2 ** 20,
  };
}

/** As many at a time as there are connections. */
async function overAll(session: Session, orgs: readonly string[], connections: number): Promise<void> {
  if (session.addColumnInAll !== undefined) return session.addColumnInAll(orgs, tableName(0));
  const waiting = orgs.values();
  const work = async (): Promise<void> => {
    for (const org of waiting) await session.addColumn?.(org, tableName(0));
  };
  await Promise.all(Array.from({ length: connections }, work));
}

/** Opens each connection: a fan-out lasts longer than that takes. */
async function warmedUp(session: Session, orgs: readonly string[], connections: number): Promise<void> {
  const some = orgs.slice(0, connections);
  await (session.addColumnInAll?.(some, tableName(0)) ??
    Promise.all(some.map((org) => session.addColumn?.(org, tableName(0)))));
  await Promise.all(some.map((org) => session.dropColumn?.(org, tableName(0))));
  collectGarbage();
}

async function assertEverywhere(database: Database, entry: Entry, orgs: readonly string[]): Promise<void> {
  // Whether it is in the others, the drop that follows shows: it fails where it is not.
  for (const org of [orgs[0] as string, orgs.at(-1) as string]) {
    const found = await database.tablesWith(org, COLUMN.name, COLUMN_TYPE);
    if (found.length !== 1) throw new Error(`${entry.name}: no column in ${org}`);
  }
}

async function eachOrg(database: Database, orgs: readonly string[], sql: typeof addColumn): Promise<void> {
  for (let at = 0; at < orgs.length; at += 100) {
    await database.run(orgs.slice(at, at + 100).map((org) => sql(org, tableName(0))));
  }
}

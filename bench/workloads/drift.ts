// W8: all tenants of a server compared with the desired models, and their fingerprints.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Library from '../../lib/index.ts';
import { openKnex } from '../entries/knex.ts';
import { collectGarbage } from '../measure.ts';
import { modelsToProvision } from '../models.ts';
import { createSchema, createTables } from '../sql.ts';
import type { Database } from '../server.ts';
import { spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

export interface DriftPoint {
  readonly tenants: number;
  readonly tables: number;
  readonly driftMs: Spread;
  readonly fingerprintsMs: Spread;
  /** Of the bench's own process, whole. */
  readonly clientRssMb: number;
  /** What the server's processes have more than before, together; undefined where they run elsewhere. */
  readonly backendMb: number | undefined;
}

const library = createRequire(import.meta.url)('../../dist/index.js') as typeof Library;

const TABLES_A_TENANT = 20;
const ROUNDS = 5;
const PAGES_AT_ONCE = 3;

export function drift(context: Context): Promise<DriftPoint[]> {
  const sizes = context.quick ? [250] : [2500, 10_000];
  return withDatabase(context, 'drift', async (database) => {
    const points: DriftPoint[] = [];
    let tenants = 0;
    for (const size of sizes) {
      context.progress(`drift, ${size} tenants of ${TABLES_A_TENANT} tables`);
      while (tenants < size) await fill(database, `bench-drift-${(tenants += 1)}`);
      await database.run(['checkpoint']);
      await database.run(['vacuum analyze']);
      points.push(await measured(database, tenants));
    }
    return points;
  });
}

async function fill(database: Database, org: string): Promise<void> {
  await database.run([createSchema(org), ...createTables(org, modelsToProvision(org, TABLES_A_TENANT))]);
}

async function measured(database: Database, tenants: number): Promise<DriftPoint> {
  // As many as the report and the fingerprints read pages at a time.
  const db = openKnex({ url: database.url, connections: PAGES_AT_ONCE }, { min: PAGES_AT_ONCE });
  try {
    const desired = await library.inspectTenant('bench-drift-1', db);
    // At the same time, so that each has a connection of its own.
    const asked = await Promise.all(
      Array.from({ length: PAGES_AT_ONCE }, () => db.raw('select pg_backend_pid() as pid, pg_sleep(0.2)')),
    );
    const pids = asked.map(({ rows }) => rows[0].pid as number);
    const [before, drifts, prints] = [backendsMb(pids), [] as number[], [] as number[]];
    for (let round = 0; round < ROUNDS; round += 1) {
      collectGarbage();
      drifts.push(await timedMs(() => reportOn(db, desired, tenants)));
      prints.push(await timedMs(() => library.fingerprints(db)));
    }
    const after = backendsMb(pids);
    return {
      tenants,
      tables: tenants * TABLES_A_TENANT,
      driftMs: spreadOf(drifts),
      fingerprintsMs: spreadOf(prints),
      clientRssMb: process.memoryUsage().rss / 2 ** 20,
      backendMb: before === undefined || after === undefined ? undefined : after - before,
    };
  } finally {
    await db.destroy();
  }
}

/** A report that finds another number of tenants, or differences where there are none, is no measurement. */
async function reportOn(
  db: Parameters<typeof library.driftReport>[0],
  desired: Library.TenantInspection,
  tenants: number,
): Promise<void> {
  let last: Library.DriftReport | undefined;
  for await (const report of library.driftReport(db, desired)) last = report;
  if (last?.complete !== true || last.same !== tenants) throw new Error('The drift report is wrong.');
}

async function timedMs(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function backendsMb(pids: readonly number[]): number | undefined {
  const each = pids.map(backendMb);
  return each.reduce<number | undefined>(
    (sum, mb) => (sum === undefined || mb === undefined ? undefined : sum + mb),
    0,
  );
}

/** Private memory of a process of this machine, as Linux shows it. */
function backendMb(pid: number): number | undefined {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return undefined;
  const [, kilobytes] = /RssAnon:\s*(\d+)/.exec(readFileSync(file, 'utf8')) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
}

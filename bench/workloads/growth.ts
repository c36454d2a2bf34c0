// W5: what a tenant costs as the database grows.
import { entries } from '../entries/index.ts';
import type { Entry } from '../entries/entry.ts';
import { collectGarbage, inRounds, timed, withSessions } from '../measure.ts';
import type { Opened, Sample } from '../measure.ts';
import { modelsToProvision, tableName } from '../models.ts';
import { ratios, spreadOf } from '../statistics.ts';
import type { Spread } from '../statistics.ts';
import { createSchema, createTables } from '../sql.ts';
import type { Database } from '../server.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

export interface GrowthPoint {
  readonly tables: number;
  readonly entry: string;
  readonly provisionMs: Spread;
  readonly addColumnMs: Spread;
  /** Provisioning, beside plain SQL in the same round. */
  readonly toLimit: Spread;
}

const TABLES_A_TENANT = 20;
const ENTRIES = ['tenant-ddl, in a transaction', 'pg', 'knex', 'one query'];

export function growth(context: Context): Promise<GrowthPoint[]> {
  const sizes = context.quick ? [2000, 4000] : [2000, 10_000, 20_000, 35_000, 50_000];
  const rounds = context.quick ? 5 : 15;
  return withDatabase(context, 'growth', async (database) => {
    const chosen = entries.filter(({ name }) => ENTRIES.includes(name));
    const points: GrowthPoint[] = [];
    let tenants = 0;
    const nextOrg = (): string => `bench-tenant-${(tenants += 1)}`;
    for (const size of sizes) {
      context.progress(`growth, ${size} tables`);
      while (tenants * TABLES_A_TENANT < size) await filled(database, nextOrg());
      // So that the flush of all that was filled in is not the next tenant's.
      await database.run(['checkpoint']);
      await database.run(['vacuum analyze']);
      const measured = await withSessions(chosen, { url: database.url, can: 'provision' }, async (opened) => {
        const samples = new Map(
          opened.map(({ entry }) => [entry, { provision: [] as Sample[], addColumn: [] as Sample[] }]),
        );
        const turn = async ({ entry, session }: Opened, round: number): Promise<void> => {
          const org = nextOrg();
          const models = modelsToProvision(org, TABLES_A_TENANT);
          collectGarbage();
          const provision = await timed(async () => session.provision?.(org, models, { schema: true }));
          const addColumn = [];
          for (let at = 0; at < 5; at += 1) {
            addColumn.push(await timed(async () => session.addColumn?.(org, tableName(at))));
          }
          if (round < 0) return;
          samples.get(entry)?.provision.push({ round, ...provision });
          samples.get(entry)?.addColumn.push(...addColumn.map((sample) => ({ round, ...sample })));
        };
        for (const each of opened) await turn(each, -1);
        await inRounds(opened, { seconds: 3600, minRounds: rounds, maxRounds: rounds }, turn);
        return samples;
      });
      points.push(...pointsOf(size, measured));
    }
    return points;
  });
}

function pointsOf(
  tables: number,
  measured: ReadonlyMap<Entry, { readonly provision: Sample[]; readonly addColumn: Sample[] }>,
): GrowthPoint[] {
  const byRound = (samples: readonly Sample[]): Map<number, number> =>
    new Map(samples.map(({ round, ms }) => [round, ms]));
  const limit = [...measured].find(([{ name }]) => name === 'one query')?.[1].provision ?? [];
  return [...measured].map(([{ name }, { provision, addColumn }]) => ({
    tables,
    entry: name,
    provisionMs: spreadOf(provision.map(({ ms }) => ms)),
    addColumnMs: spreadOf(addColumn.map(({ ms }) => ms)),
    toLimit: spreadOf(ratios(byRound(provision), byRound(limit))),
  }));
}

/** How much more a tenant costs in the largest database than in the smallest, and how much of that is the server's. */
export function growthOf(points: readonly GrowthPoint[], entry: string): number {
  const own = points.filter((point) => point.entry === entry);
  return (own.at(-1)?.provisionMs.median ?? NaN) / (own[0]?.provisionMs.median ?? NaN);
}

async function filled(database: Database, org: string): Promise<void> {
  await database.run([createSchema(org), ...createTables(org, modelsToProvision(org, TABLES_A_TENANT))]);
}

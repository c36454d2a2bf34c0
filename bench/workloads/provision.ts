// W1 and W6: the tables of a tenant, all in one transaction.
import { bases, entries } from '../entries/index.ts';
import type { Entry, ProvisionOptions } from '../entries/entry.ts';
import { collectGarbage, inRounds, networkUrl, roundTripsOf, timed, urlAt, withSessions } from '../measure.ts';
import type { Opened, Sample } from '../measure.ts';
import type { Model } from '../models.ts';
import { rowsOf } from '../rows.ts';
import type { Table } from '../rows.ts';
import type { Database } from '../server.ts';
import { createSchema, createTables } from '../sql.ts';
import { assertSame, withDatabase } from './context.ts';
import type { Context } from './context.ts';

export interface Provision extends ProvisionOptions {
  readonly name: string;
  readonly modelsOf: (org: string) => readonly Model[];
  readonly latenciesMs: readonly number[];
  readonly share: number;
  readonly only?: (entry: Entry) => boolean;
}

export function provision(context: Context, task: Provision): Promise<Table[]> {
  const { network } = context;
  const chosen = entries.filter((entry) => task.only?.(entry) ?? true);
  return withDatabase(context, task.name, async (database) => {
    const expected = await contentsOfPlainSql(database, task);
    const counted = { url: networkUrl(network, database.url), can: 'provision' } as const;
    await network.setDelay(0);
    const roundTrips = await withSessions(chosen, counted, async (opened) => {
      const counts = new Map<Entry, number>();
      for (const each of opened) {
        // The first time is when a connection is opened.
        await once(database, task, each, expected);
        await once(database, task, each, expected, async (work) => {
          counts.set(each.entry, await roundTripsOf(network, work));
        });
      }
      return counts;
    });

    const tables: Table[] = [];
    for (const latencyMs of task.latenciesMs) {
      context.progress(`${task.name}, ${latencyMs} ms`);
      const url = await urlAt(network, database.url, latencyMs);
      const samples = await withSessions(chosen, { url, can: 'provision' }, async (opened) => {
        const all = new Map<Entry, Sample[]>(opened.map(({ entry }) => [entry, []]));
        for (const each of opened) await once(database, task, each, expected);
        await inRounds(opened, context.budget(task.share), async (each, round) => {
          await once(database, task, each, expected, async (work) => {
            collectGarbage();
            all.get(each.entry)?.push({ round, ...(await timed(work)) });
          });
        });
        return all;
      });
      const rounds = Math.max(...[...samples.values()].map(({ length }) => length));
      tables.push({ latencyMs, rounds, rows: rowsOf(samples, bases, roundTrips) });
    }
    return tables;
  });
}

let orgs = 0;

/** One tenant from nothing, looked at afterwards, and gone again. */
async function once(
  database: Database,
  { modelsOf, schema }: Provision,
  { entry, session }: Opened,
  expected: string,
  around: (work: () => Promise<void>) => Promise<void> = (work) => work(),
): Promise<void> {
  const org = `bench-${(orgs += 1)}`;
  const models = modelsOf(org);
  if (!schema) await database.run([createSchema(org)]);
  await around(async () => session.provision?.(org, models, { schema }));
  assertSame(entry, (await database.contentsOf(org)).replaceAll(org, 'ORG'), expected);
  await database.dropSchemas([org]);
}

async function contentsOfPlainSql(database: Database, { modelsOf }: Provision): Promise<string> {
  const org = `bench-${(orgs += 1)}`;
  await database.run([createSchema(org), ...createTables(org, modelsOf(org))]);
  const contents = (await database.contentsOf(org)).replaceAll(org, 'ORG');
  await database.dropSchemas([org]);
  return contents;
}

// W2 and W3: a column added to a table, and dropped, with a lock timeout.
import { bases, entries } from '../entries/index.ts';
import type { Entry, Operation } from '../entries/entry.ts';
import { collectGarbage, inRounds, networkUrl, roundTripsOf, timed, urlAt, withSessions } from '../measure.ts';
import type { Opened, Sample } from '../measure.ts';
import { COLUMN, COLUMN_TYPE, modelsToProvision, tableName } from '../models.ts';
import { rowsOf } from '../results.ts';
import type { Table } from '../results.ts';
import type { Database } from '../server.ts';
import { createSchema, createTables } from '../sql.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

const ORG = 'bench-columns';
const TABLES = 300;

/** One after the other, of one entry, before it is the next one's turn. */
const TABLES_A_TURN = 10;

export type ColumnTables = Record<Operation, Table[]>;

export function columns(context: Context): Promise<ColumnTables> {
  const { network } = context;
  return withDatabase(context, 'columns', async (database) => {
    await database.run([createSchema(ORG), ...createTables(ORG, modelsToProvision(ORG, TABLES))]);
    const roundTrips = await countedTrips();
    const result: ColumnTables = { addColumn: [], dropColumn: [] };
    for (const latencyMs of context.latenciesMs) {
      context.progress(`columns, ${latencyMs} ms`);
      const url = await urlAt(network, database.url, latencyMs);
      const { addColumn, dropColumn, rounds } = await withSessions(entries, { url, can: 'addColumn' }, measured);
      result.addColumn.push({ latencyMs, rounds, rows: rowsOf(addColumn, bases, roundTrips.addColumn) });
      result.dropColumn.push({ latencyMs, rounds, rows: rowsOf(dropColumn, bases, roundTrips.dropColumn) });
    }
    return result;

    async function countedTrips(): Promise<Record<Operation, Map<Entry, number>>> {
      const counts = { addColumn: new Map<Entry, number>(), dropColumn: new Map<Entry, number>() };
      await network.setDelay(0);
      const counted = { url: networkUrl(network, database.url), can: 'addColumn' } as const;
      await withSessions(entries, counted, async (opened) => {
        for (const each of opened) {
          for (const operation of ['addColumn', 'dropColumn', 'addColumn', 'dropColumn'] as const) {
            await prepared(each, operation, 0);
            counts[operation].set(each.entry, await roundTripsOf(network, () => change(each, operation, 0)));
          }
        }
      });
      return counts;
    }

    async function measured(opened: readonly Opened[]) {
      const addColumn = new Map<Entry, Sample[]>(opened.map(({ entry }) => [entry, []]));
      const dropColumn = new Map<Entry, Sample[]>(opened.map(({ entry }) => [entry, []]));
      const samples = { addColumn, dropColumn };
      let at = 0;
      let rounds = 0;
      const turn = async (each: Opened, round: number, keep: boolean): Promise<void> => {
        const first = at;
        at = (at + TABLES_A_TURN) % TABLES;
        for (const operation of ['addColumn', 'dropColumn'] as const) {
          collectGarbage();
          for (let table = first; table < first + TABLES_A_TURN; table += 1) {
            await prepared(each, operation, table);
            const sample = await timed(() => change(each, operation, table));
            if (keep) samples[operation].get(each.entry)?.push({ round, ...sample });
          }
          await assertChanged(database, each.entry, operation, first);
        }
        rounds = Math.max(rounds, round + 1);
      };
      for (const each of opened) await turn(each, 0, false);
      await inRounds(opened, context.budget(), (each, round) => turn(each, round, true));
      return { ...samples, rounds };
    }
  });
}

async function change({ session }: Opened, operation: Operation, table: number): Promise<void> {
  await session[operation]?.(ORG, tableName(table));
}

async function prepared({ session }: Opened, operation: Operation, table: number): Promise<void> {
  await session.prepare?.(operation, ORG, tableName(table));
}

async function assertChanged(database: Database, entry: Entry, operation: Operation, first: number): Promise<void> {
  const found = await database.tablesWith(ORG, COLUMN.name, COLUMN_TYPE);
  const expected =
    operation === 'dropColumn' ? [] : Array.from({ length: TABLES_A_TURN }, (_, at) => tableName(first + at));
  if (found.sort().join() !== expected.sort().join()) {
    throw new Error(`${entry.name}: after ${operation} the column is on ${found.join()}, not on ${expected.join()}`);
  }
}

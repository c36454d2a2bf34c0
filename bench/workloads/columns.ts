// W2 and W3: a column added to a table, and dropped, with a lock timeout.
import { bases, entries } from '../entries/index.ts';
import type { Entry, Operation } from '../entries/entry.ts';
import { collectGarbage, inRounds, networkUrl, roundTripsOf, timed, urlAt, withSessions } from '../measure.ts';
import type { Opened, Sample } from '../measure.ts';
import { COLUMN, COLUMN_TYPE, modelsToProvision, tableName } from '../models.ts';
import { rowsOf } from '../rows.ts';
import type { Table } from '../rows.ts';
import type { Database } from '../server.ts';
import { createSchema, createTables } from '../sql.ts';
import { withDatabase } from './context.ts';
import type { Context } from './context.ts';

const ORG = 'bench-columns';
const TABLES = 300;

/**
 * One after the other, of one entry, before it is the next one's turn: many, so that its code is as warm as in a program
 * that has all of them to change; not all, so that those who are compared stand close together.
 */
function tablesATurn({ quick }: Context, latencyMs: number): number {
  const count = latencyMs > 2 ? 50 : 100;
  return quick ? count / QUICK_SHARE : count;
}

const QUICK_SHARE = 5;

export type ColumnTables = Record<Operation, Table[]>;

export function columns(context: Context): Promise<ColumnTables> {
  const { network } = context;
  return withDatabase(context, 'columns', async (database) => {
    await newTables();
    const roundTrips = await countedTrips();
    const result: ColumnTables = { addColumn: [], dropColumn: [] };
    for (const latencyMs of context.latenciesMs) {
      context.progress(`columns, ${latencyMs} ms`);
      const url = await urlAt(network, database.url, latencyMs);
      const count = tablesATurn(context, latencyMs);
      const { addColumn, dropColumn, rounds } = await withSessions(entries, { url, can: 'addColumn' }, (opened) =>
        measured(opened, count),
      );
      result.addColumn.push({ latencyMs, rounds, rows: rowsOf(addColumn, bases, roundTrips.addColumn) });
      result.dropColumn.push({ latencyMs, rounds, rows: rowsOf(dropColumn, bases, roundTrips.dropColumn) });
    }
    return result;

    /** A column that was dropped goes on costing a table: each round begins with tables that never had one. */
    async function newTables(): Promise<void> {
      const dropAll = `drop schema if exists "${ORG}" cascade`;
      await database.run([dropAll, createSchema(ORG), ...createTables(ORG, modelsToProvision(ORG, TABLES))]);
    }

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

    async function measured(opened: readonly Opened[], count: number) {
      const addColumn = new Map<Entry, Sample[]>(opened.map(({ entry }) => [entry, []]));
      const dropColumn = new Map<Entry, Sample[]>(opened.map(({ entry }) => [entry, []]));
      const samples = { addColumn, dropColumn };
      let at = 0;
      let rounds = 0;
      const turn = async (each: Opened, round: number, keep: boolean): Promise<void> => {
        if (round === rounds) await newTables();
        const first = at;
        at = (at + count) % TABLES;
        for (const operation of ['addColumn', 'dropColumn'] as const) {
          collectGarbage();
          for (let table = first; table < first + count; table += 1) {
            await prepared(each, operation, table);
            const sample = await timed(() => change(each, operation, table));
            if (keep) samples[operation].get(each.entry)?.push({ round, ...sample });
          }
          await assertChanged(database, each.entry, operation, { first, count });
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

async function assertChanged(
  database: Database,
  entry: Entry,
  operation: Operation,
  { first, count }: { first: number; count: number },
): Promise<void> {
  const found = await database.tablesWith(ORG, COLUMN.name, COLUMN_TYPE);
  const expected = operation === 'dropColumn' ? [] : Array.from({ length: count }, (_, at) => tableName(first + at));
  if (found.sort().join() !== expected.sort().join()) {
    throw new Error(`${entry.name}: after ${operation} the column is on ${found.join()}, not on ${expected.join()}`);
  }
}

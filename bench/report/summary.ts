import type { Results } from '../results.ts';
import type { Table } from '../rows.ts';
import { digits } from './format.ts';

/** The page in three sentences, of the medians; nothing where a run was of a part only. */
export function summary({ provision, columns }: Results): string[] {
  const near = msOf(provision, 1);
  const far = msOf(provision, 5);
  const column = msOf(columns?.addColumn, 1);
  const local = msOf(columns?.addColumn, 0);
  if (near === undefined || far === undefined || column === undefined || local === undefined) return [];
  return [
    [
      `Provisioning a tenant with 20 tables at 1 ms of network latency takes ${digits(near.ours)} ms, ${digits(near.knex)} ms with plain knex, and ${digits(near.limit)} ms as a single query, which nothing can beat; at 5 ms it takes ${digits(far.ours)} ms against ${digits(far.knex)} ms, because tenant-ddl needs few round trips.`,
      `Adding one column at 1 ms takes ${digits(column.ours)} ms, and ${digits(column.knex)} ms with knex in a transaction with a lock timeout.`,
      `Without latency it takes ${digits(local.ours)} ms, against ${digits(local.pg)} ms for the bare driver, and ${digits(local.inTransaction)} ms inside your own transaction, against ${digits(local.knex)} ms with knex: turns per tenant, limited waits for locks and a known outcome for every COMMIT then cost more than they save.`,
    ].join(' '),
  ];
}

type Medians = Readonly<Record<'ours' | 'inTransaction' | 'knex' | 'pg' | 'limit', number>>;

function msOf(tables: readonly Table[] | undefined, latencyMs: number): Medians | undefined {
  const rows = tables?.find((table) => table.latencyMs === latencyMs)?.rows;
  if (rows === undefined) return undefined;
  const median = (name: string): number => rows.find(({ entry }) => entry === name)?.ms.median ?? NaN;
  return {
    ours: median('tenant-ddl'),
    inTransaction: median('tenant-ddl, in a transaction'),
    knex: median('knex'),
    pg: median('pg'),
    limit: median('one query'),
  };
}

import type { Knex } from 'knex';
import type { Settings } from '../options/options';
import { RECORDS } from '../online/record';
import { rowsOf } from '../run/wire/send';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import { askLedger } from './ask-ledger';

/** What is known of a table without reading it. */
export interface TableRows {
  /** About how many it has. */
  readonly rows: number;
  /** Whether an online change of it was begun, and is not finished. */
  readonly isBegun: boolean;
}

/** Less than the smallest row takes, with its pointer, in bytes (manual 66.6.1): of a table that was never analyzed, there is no better guess. */
const LEAST_ROW_BYTES = 28;

interface Row {
  readonly table: string;
  /** As texts. */
  readonly tuples: string;
  readonly pages: string;
  readonly bytes: string;
  readonly page: string;
  readonly begun: string;
}

/** By their names; those that are not there are not among them. */
export async function tableRows(
  server: Knex,
  org: Identifier,
  tables: readonly Identifier[],
  settings: Settings,
): Promise<ReadonlyMap<string, TableRows>> {
  const sql = `select c.relname::pg_catalog.text as table, c.reltuples::pg_catalog.text as tuples, c.relpages::pg_catalog.text as pages,
  pg_catalog.pg_relation_size(c.oid)::pg_catalog.text as bytes, pg_catalog.current_setting('block_size') as page,
  exists (select from ${RECORDS} b where b.table_oid ${EQ} c.oid)::pg_catalog.text as begun
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
where n.nspname ${EQ} ${literal(org)} and c.relname ${EQ} any (array[${tables.map(literal).join(', ')}]::pg_catalog.name[])`;
  const found = rowsOf<Row>(await askLedger(server, sql, settings));
  return new Map(found.map((row) => [row.table, { rows: rowsIn(row), isBegun: row.begun === 'true' }]));
}

/** As the planner estimates them: as many a page as the last ANALYZE has found. */
function rowsIn({ tuples, pages, bytes, page }: Row): number {
  const known = Number(tuples) >= 0 && Number(pages) > 0;
  return known ? (Number(tuples) / Number(pages)) * (Number(bytes) / Number(page)) : Number(bytes) / LEAST_ROW_BYTES;
}

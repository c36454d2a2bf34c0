// The table under change, and what surrounds it.
import type { Knex } from 'knex';
import { createModels, createTenant, type FieldSpec } from '../../lib';
import { quiet } from '../support/log';
import { ORG } from '../support/invoices';

export const TABLE = `"${ORG}".invoice`;
export const CUSTOMERS = 1000;
export const STATUSES = ['draft', 'sent', 'paid'] as const;
export const TYPES = ['a', 'b'] as const;

/** The rows with the lowest keys, on which all clients write. */
export const HOT_ROWS = 50;

const FIELDS: readonly FieldSpec[] = [
  { name: 'id', type: 'Int' },
  { name: 'code', type: 'String' },
  { name: 'status', type: 'String' },
  { name: 'customer_id', type: 'Int' },
  { name: 'amount', type: 'Int' },
  { name: 'kind', type: 'Enum', values: [...TYPES] },
  { name: 'hits', type: 'Int', nullable: false, default: 0 },
];

/** What a client knows about a row; `hits` of the hot rows is counted for all of them together. */
export interface Row {
  readonly code: string;
  readonly status: string;
  readonly customer_id: number;
  readonly amount: number | null;
  readonly kind: string;
  /** Whether a client has set the field that came with the change to NULL. */
  readonly isNulled: boolean;
}

/** A row that no client has written. */
export function rowOf(id: number): Row {
  const status = id % 2 === 0 ? 'draft' : 'sent';
  return { code: `c${id}`, status, customer_id: 1 + (id % CUSTOMERS), amount: id, kind: 'a', isNulled: false };
}

/** The same as a condition on rows of `i`. */
export const IS_AS_IT_WAS = `i.code = 'c' || i.id and i.status = case when i.id % 2 = 0 then 'draft' else 'sent' end
  and i.customer_id = 1 + i.id % ${CUSTOMERS} and i.amount = i.id and i.kind = 'a'`;

/** Its autovacuum is off until a trial asks for it, and then slow, so that it is under way when the change begins. */
const AUTOVACUUM = `autovacuum_enabled = false, autovacuum_vacuum_threshold = 10, autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_cost_delay = 20, autovacuum_vacuum_cost_limit = 10`;

export async function createTables(db: Knex, rows: number): Promise<void> {
  await createTenant(ORG, db, { logger: quiet });
  const customer = { table: 'customer', fields: [{ name: 'id', type: 'Int' }] } as const;
  await createModels(ORG, [customer, { table: 'invoice', fields: FIELDS }], db, { logger: quiet });
  await db.raw(`insert into ??.customer select g from generate_series(1, ${CUSTOMERS}) g`, [ORG]);
  await db.raw(
    `insert into ${TABLE} (id, code, status, customer_id, amount, kind)
     select id, 'c' || id, case when id % 2 = 0 then 'draft' else 'sent' end, 1 + id % ${CUSTOMERS}, id, 'a' from generate_series(1, ${rows}) id`,
  );
  await db.raw('create schema elsewhere');
  await db.raw('create table elsewhere.note as select 1 as id');
  await db.raw(`vacuum (analyze) ${TABLE}`);
  await db.raw(`alter table ${TABLE} set (${AUTOVACUUM})`);
}

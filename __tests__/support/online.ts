// What the tests of online changes share: a tenant with a table that has rows, in a database of its own.
import type { Knex } from 'knex';
import { createInvoices, ORG } from './invoices';
import { inOwnDatabase } from './own-database';

export { createInvoices, ORG, prepare, recordsOf, retype, schemaOf, toBigInt } from './invoices';

/** Runs in a database of its own, with a tenant that has so many invoices, and ten customers. */
export async function withInvoices(
  rows: number,
  run: (db: Knex, url: string) => Promise<void>,
  orgs: readonly string[] = [ORG],
): Promise<void> {
  await inOwnDatabase(async (url, db) => {
    for (const org of orgs) await createInvoices(db, org, rows);
    await run(db, url);
  });
}

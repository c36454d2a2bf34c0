import type { Knex } from 'knex';
import { applyChange, type ChangeResult } from './apply-changes';
import type { IndexSpec } from '../spec/index-spec';
import type { ChangeOptions } from '../options/options';
import { specOf } from './own-keys';

/**
 * Adds an index to a model, inside the transaction.
 *
 * Locks, until the transaction ends: SHARE on the table, which blocks writes but not reads. Scans the table.
 *
 * @param index its fields, with a method, an order, conditions and more (manual, CREATE INDEX)
 * @throws MigrationError INVALID_SPEC, MODEL_NOT_FOUND, FIELD_NOT_FOUND, INDEX_EXISTS (a table or index has the name),
 *   UNIQUE_VIOLATION, HAZARD_REFUSED, LOCK_TIMEOUT, STATEMENT_TIMEOUT, …
 * @example
 * await addIndex('acme-corp', 'invoice', { columns: ['status', 'amount'] }, tenant);
 * // create index "invoice_status_amount_idx_…" on "acme-corp"."invoice" ("status", "amount")
 * @example
 * await addIndex('acme-corp', 'person', { columns: [{ column: 'email', lower: true }], unique: true }, tenant);
 * // create unique index "person_email_key_…" on "acme-corp"."person" (pg_catalog.lower("email"))
 */
export async function addIndex(
  org: string,
  table: string,
  index: IndexSpec,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(
    org,
    { ...specOf('addIndex', org, index, ['kind', 'table']), kind: 'addIndex', table },
    tenant,
    options,
  );
}

/**
 * Drops an index of a model by its name.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table. Neither scans nor rewrites.
 *
 * @throws MigrationError MODEL_NOT_FOUND, INDEX_NOT_FOUND, DEPENDENT_OBJECTS if a key depends on it,
 *   LOCK_TIMEOUT, …
 * @example
 * await dropIndex('acme-corp', 'invoice', 'invoice_by_status', tenant);
 * // drop index "acme-corp"."invoice_by_status"
 */
export async function dropIndex(
  org: string,
  table: string,
  name: string,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'dropIndex', table, name }, tenant, options);
}

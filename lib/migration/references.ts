import type { Knex } from 'knex';
import type { ChangeOptions } from '../options/options';
import type { ReferencedSpec } from '../spec/referenced-table';
import type { ForeignKeySpec } from '../spec/spec-types';
import { applyChange, type ChangeResult } from './apply-changes';
import { specOf } from './own-keys';

/** The options of {@link dropReference}: those of every change, and one more. */
export interface DropReferenceOptions extends ChangeOptions {
  /** The table that the foreign key refers to, so the plan shows the lock on it. What runs is the same. Default none. */
  readonly referencing?: readonly ReferencedSpec[] | undefined;
}

/**
 * Adds a foreign key over one or more existing fields of a model (PostgreSQL manual 5.5.5, Foreign Keys).
 *
 * Locks, until the transaction ends: SHARE ROW EXCLUSIVE on the table and on the one that it refers to, which blocks
 * writes to both. Scans the table, and fails if a row refers to a row that does not exist.
 *
 * @param reference its columns, and the columns that they refer to, which need a primary key or a unique constraint
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_NOT_FOUND, REFERENCE_NOT_FOUND, REFERENCE_EXISTS (the columns have a
 *   foreign key already), FOREIGN_KEY_VIOLATION, CROSS_TENANT_REFERENCE, HAZARD_REFUSED, LOCK_TIMEOUT, …
 * @example
 * await addReference('acme-corp', 'invoice', { columns: ['customer_id'], references: { table: 'customer', columns: ['id'] } }, tenant);
 * // alter table "acme-corp"."invoice" add constraint "invoice_customer_id_fkey_…" foreign key ("customer_id")
 * //   references "acme-corp"."customer" ("id")
 */
export async function addReference(
  org: string,
  table: string,
  reference: ForeignKeySpec,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  const spec = specOf('addReference', org, reference, ['kind', 'table']);
  return applyChange(org, { ...spec, kind: 'addReference', table }, tenant, options);
}

/**
 * Drops the foreign keys over exactly these fields of a model, whatever their names. The fields stay.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table and on the one that it refers to. Neither scans nor
 * rewrites.
 *
 * @param columns the fields, in any order
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_NOT_FOUND, REFERENCE_NOT_FOUND (there is no foreign key over
 *   exactly these fields), LOCK_TIMEOUT, …
 * @example
 * await dropReference('acme-corp', 'invoice', ['customer_id'], tenant);
 * // alter table "acme-corp"."invoice" drop constraint if exists "invoice_customer_id_fkey_…"
 */
export async function dropReference(
  org: string,
  table: string,
  columns: readonly string[],
  tenant: Knex,
  options: DropReferenceOptions = {},
): Promise<ChangeResult> {
  const { referencing, ...others } = options;
  return applyChange(org, { kind: 'dropReference', table, columns, referencing }, tenant, others);
}

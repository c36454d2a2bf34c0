import type { Knex } from 'knex';
import type { ChangeOptions } from '../options/options';
import { applyChange, type ChangeResult } from './apply-changes';

/**
 * Makes existing fields the primary key of a model that has none (PostgreSQL manual 5.5.4, Primary Keys). They become
 * not nullable.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table. Scans it twice, for nulls and to build the index;
 * `applyOnline` makes the same change without keeping anybody out for long.
 *
 * @param columns the fields; in the order of the model's fields, or `inspectModel` reports their order as an extra
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_NOT_FOUND, INDEX_EXISTS (the model has a key already: `dropKey`),
 *   NOT_NULL_VIOLATION and UNIQUE_VIOLATION with the number of rows in the way and the query that finds them,
 *   INVALID_SPEC (a foreign key sets a field to null), HAZARD_REFUSED, LOCK_TIMEOUT, …
 * @example
 * await addKey('acme-corp', 'reading', ['sensor', 'taken_at'], tenant);
 * // alter table "acme-corp"."reading" add constraint "reading_pkey_…" primary key ("sensor", "taken_at")
 * @see docs/changing-tables.md, "Keys"
 */
export async function addKey(
  org: string,
  table: string,
  columns: readonly string[],
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'addKey', table, columns }, tenant, options);
}

/**
 * Drops the primary key of a model, whatever its name. Its fields stay, and stay not nullable.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table. Neither scans nor rewrites.
 *
 * @throws MigrationError MODEL_NOT_FOUND, INDEX_NOT_FOUND (the model has no key), DEPENDENT_OBJECTS if foreign keys
 *   refer to it (`error.dependents`) or it is the replica identity, HAZARD_REFUSED, LOCK_TIMEOUT, …
 * @example
 * await dropKey('acme-corp', 'reading', tenant);
 * // alter table "acme-corp"."reading" drop constraint if exists "reading_pkey_…"
 * @see docs/changing-tables.md, "Keys"
 */
export async function dropKey(
  org: string,
  table: string,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'dropKey', table }, tenant, options);
}

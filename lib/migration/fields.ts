import type { Knex } from 'knex';
import { applyChange, type ChangeResult } from './apply-changes';
import type { FieldChangesSpec } from '../spec/field-changes';
import type { FieldSpec } from '../spec/field-spec';
import type { ChangeOptions } from '../options/options';
import type { ReferencedSpec } from '../spec/referenced-table';
import type { TypeSpec } from '../field-types/type-change';

/**
 * Adds a field to a model, and so a column to its table, in one statement.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table, which blocks reads too, for as long as
 * the rest of the transaction takes; SHARE ROW EXCLUSIVE on a table it refers to. Scans or rewrites the
 * table only for what `planChange` names as a hazard (manual, ALTER TABLE, Notes).
 *
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_EXISTS, REFERENCE_NOT_FOUND, NOT_NULL_VIOLATION,
 *   UNIQUE_VIOLATION, TOO_MANY_COLUMNS, LOCK_TIMEOUT, …
 * @example
 * await addFieldToModel('acme-corp', 'invoice', { name: 'status', type: 'String', default: 'draft' }, tenant);
 * // alter table "acme-corp"."invoice" add column "status" varchar(100) default 'draft'
 */
export async function addFieldToModel(
  org: string,
  table: string,
  field: FieldSpec,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'addField', table, field }, tenant, options);
}

/** `cascade` names the indexes, keys and checks over several fields that may go with the field. */
export interface DropFieldOptions extends ChangeOptions {
  readonly cascade?: readonly string[] | undefined;
  /** The table that the field refers to, so the plan shows the lock on it. What runs is the same. */
  readonly referencing?: readonly ReferencedSpec[] | undefined;
}

/**
 * Drops a field of a model, and so the column with all it holds. An index, key or check over other fields
 * too would go with it; PostgreSQL says nothing of that, so it is refused until `cascade` names them.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table; for a field that refers to another
 * table, on that one too. Neither scans nor rewrites (manual, ALTER TABLE, Notes).
 *
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_NOT_FOUND, DEPENDENT_OBJECTS, LOCK_TIMEOUT, …
 * @example
 * await dropFieldFromModel('acme-corp', 'invoice', 'old_field', tenant);
 * // alter table "acme-corp"."invoice" drop column "old_field"
 */
export async function dropFieldFromModel(
  org: string,
  table: string,
  column: string,
  tenant: Knex,
  options?: DropFieldOptions,
): Promise<ChangeResult> {
  const { cascade, referencing, ...changeOptions } = options ?? {};
  return applyChange(org, { kind: 'dropField', table, column, cascade, referencing }, tenant, changeOptions);
}

/**
 * Renames a field, and so its column, with the keys, indexes and checks whose names were derived from it.
 * Every query with the old name fails from COMMIT on.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table. Neither scans nor rewrites.
 *
 * @throws MigrationError MODEL_NOT_FOUND, FIELD_NOT_FOUND, FIELD_EXISTS, HAZARD_REFUSED, LOCK_TIMEOUT, …
 * @example
 * await renameField('acme-corp', 'invoice', 'note', 'remark', tenant);
 * // alter table "acme-corp"."invoice" rename "note" to "remark"; do $…$ (the derived names)
 */
export async function renameField(
  org: string,
  table: string,
  column: string,
  to: string,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'renameField', table, column, to }, tenant, options);
}

/** `from` is the type that the field has now: with it, the plan knows whether the table is rewritten. */
export interface AlterFieldOptions extends ChangeOptions {
  readonly from?: TypeSpec | undefined;
  /** The tables at the other ends of the field's foreign keys, which a new type locks too. */
  readonly referencing?: readonly ReferencedSpec[] | undefined;
}

/**
 * Changes what is named of a field: `type`, `length`, `precision`, `scale`, `values`, `nullable`, `default`,
 * `unique`, `comment`. Everything else about the column stays as it is. An option without `type`, and a default, are
 * judged by the type that the column has; a `from` that differs from it is refused.
 *
 * A change of type that would lose a part of any row's value (a fraction, digits, a time of day, blanks at the end, a
 * collation) is the hazard `dataLoss`: refused, unless `hazards` allows it by name. `previewConversion` counts such
 * rows. Values are converted in UTC, ISO 8601 and hex, whatever the session's settings.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table, and for a change of type on the tables at the
 * other ends of the field's foreign keys; SHARE UPDATE EXCLUSIVE for a comment alone. A longer String, String to Text
 * and a Decimal of more digits rewrite nothing; other changes of type write every row anew (manual, ALTER TABLE,
 * Notes).
 *
 * @throws MigrationError INVALID_SPEC, MODEL_NOT_FOUND, FIELD_NOT_FOUND, CONVERSION_FAILED, CHECK_VIOLATION,
 *   NOT_NULL_VIOLATION, UNIQUE_VIOLATION, INDEX_EXISTS, INDEX_NOT_FOUND, HAZARD_REFUSED, LOCK_TIMEOUT, …
 * @example
 * await alterField('acme-corp', 'invoice', 'title', { length: 200 }, tenant);
 * // alter table "acme-corp"."invoice" alter column "title" type character varying(200)
 */
export async function alterField(
  org: string,
  table: string,
  column: string,
  set: FieldChangesSpec,
  tenant: Knex,
  options?: AlterFieldOptions,
): Promise<ChangeResult> {
  const { from, referencing, ...changeOptions } = options ?? {};
  return applyChange(org, { kind: 'alterField', table, column, set, from, referencing }, tenant, changeOptions);
}

import type { Knex } from 'knex';
import { applyChange, type ChangeResult } from './apply-changes';
import type { FieldChangesSpec } from '../spec/field-changes';
import type { FieldSpec } from '../spec/field-spec';
import type { ChangeOptions } from '../options/options';
import type { ReferencedSpec } from '../spec/referenced-table';
import type { TypeSpec } from '../field-types/type-change';

/**
 * Adds a field to a model: a column to its table, in one statement.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table, which also blocks reads; SHARE ROW EXCLUSIVE
 * on a table that it refers to. Scans or rewrites the table only if `planChange` shows such a hazard (manual,
 * ALTER TABLE, Notes).
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

/** `cascade` lists the indexes, keys and checks over several fields that can be dropped with the field. */
export interface DropFieldOptions extends ChangeOptions {
  readonly cascade?: readonly string[] | undefined;
  /** The table that the field refers to, so the plan shows the lock on it. It does not change what runs. */
  readonly referencing?: readonly ReferencedSpec[] | undefined;
}

/**
 * Drops a field of a model: the column with all its values. PostgreSQL silently drops every index, key or check
 * that also covers it. This call refuses instead, unless you list them in `cascade`.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table, and on a table that the field refers to.
 * Neither scans nor rewrites (manual, ALTER TABLE, Notes).
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
  const change = { kind: 'dropField', table, column } as const;
  // A key that is there without a value costs its codec more than all others.
  const isPlain = cascade === undefined && referencing === undefined;
  return applyChange(org, isPlain ? change : { ...change, cascade, referencing }, tenant, changeOptions);
}

/**
 * Renames a field: its column, and the keys, indexes and checks whose names were derived from it. After COMMIT,
 * every query that uses the old name fails.
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

/** `from` is the current type: with it, the plan can tell whether the table will be rewritten. */
export interface AlterFieldOptions extends ChangeOptions {
  readonly from?: TypeSpec | undefined;
  /**
   * `'null'` sets each value that the new type cannot take to null, on PostgreSQL 16 and later; without it, the first
   * one stops the change (CONVERSION_FAILED).
   */
  readonly unconvertible?: 'null' | undefined;
  /** The tables at the other ends of the field's foreign keys, which a change of type also locks. */
  readonly referencing?: readonly ReferencedSpec[] | undefined;
}

/**
 * Changes what `set` names of a field: `type`, `length`, `precision`, `scale`, `values`, `nullable`, `default`,
 * `unique`, `comment`. Everything else about the column is left alone. An option without `type`, and a default, are
 * checked against the type that the column has; a `from` that differs from it is refused.
 *
 * A change of type that would lose part of any row's value (a fraction, digits, a time of day, trailing blanks, a
 * collation) is the hazard `dataLoss`: refused, unless `hazards` allows it by name. `previewConversion` counts such
 * rows. A value that the new type cannot take stops the change; `unconvertible: 'null'` sets it to null. Values are
 * converted in UTC, ISO 8601 and hex, whatever the session's settings.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table, and for a change of type on the tables at the
 * other ends of the field's foreign keys; SHARE UPDATE EXCLUSIVE for a comment alone. A longer String, String to Text
 * and a Decimal with more digits do not rewrite the table; other changes of type do (manual, ALTER TABLE, Notes).
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
  const { from, referencing, unconvertible, ...changeOptions } = options ?? {};
  const change = { kind: 'alterField', table, column, set, from, referencing, unconvertible } as const;
  return applyChange(org, change, tenant, changeOptions);
}

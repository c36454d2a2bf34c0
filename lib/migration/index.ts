import type { Knex } from 'knex';
import { applyChange, type ChangeResult } from './change';
import { MigrationError } from './errors';
import type { FieldSpec } from './field-spec';
import type { ModelSpec } from './model-spec';
import type { ChangeOptions } from './options';
import { contextOf } from './adapter/tenant-context';

/**
 * Creates a model's table, with its key, checks, indexes, comments and foreign keys.
 *
 * Locks, until the transaction ends: SHARE ROW EXCLUSIVE on each table that the model refers to, which
 * blocks writes to it, not reads (manual 13.3.1).
 *
 * @param org the tenant's schema; it has to be there (`createTenant`)
 * @param spec the model, or only its fields: the name is then the tenant's `model`
 * @param tenant what `withTenant` hands out, any knex transaction, or a Knex
 * @param options `lockTimeoutMs` 1000, `statementTimeoutMs` 30000, …; those of the tenant handle otherwise
 * @throws MigrationError INVALID_SPEC, INVALID_IDENTIFIER, CROSS_TENANT_REFERENCE, TENANT_NOT_FOUND,
 *   MODEL_EXISTS, REFERENCE_NOT_FOUND, LOCK_TIMEOUT, …
 * @example
 * await createModel('acme-corp', { table: 'invoice', fields: [
 *   { name: 'id', type: 'String' },
 *   { name: 'amount', type: 'Float', default: 0 },
 * ] }, tenant);
 * // create table "acme-corp"."invoice" ("id" varchar(100) not null, "amount" double precision default 0,
 * //   constraint "invoice_pkey_…" primary key ("id"))
 */
export async function createModel(
  org: string,
  spec: ModelSpec | readonly FieldSpec[],
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  const model = (Array.isArray(spec) ? { table: modelNameOf(tenant), fields: spec } : spec) as ModelSpec;
  if (Object.hasOwn(Object(model) as object, 'kind')) throw unknownKind(org, model);
  return applyChange(org, { ...model, kind: 'createModel' }, tenant, options);
}

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

/**
 * Drops a field of a model, and so the column with all it holds.
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
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'dropField', table, column }, tenant, options);
}

/** A spec is no change: a `kind` in it would choose another operation, or be overwritten unseen. */
function unknownKind(org: string, { table }: ModelSpec): MigrationError {
  const fault = { path: 'kind', message: 'unknown key' };
  return new MigrationError('createModel takes a spec, which has no kind. Give a change to applyChange.', {
    code: 'INVALID_SPEC',
    org,
    table: typeof table === 'string' ? table : undefined,
    faults: [fault],
  });
}

function modelNameOf(tenant: Knex): string {
  const model = contextOf(tenant)?.model;
  if (model !== undefined) return model;
  throw new MigrationError(
    "A list of fields needs the model's name: give createModel { table, fields }, or withTenant the option model.",
    { code: 'INVALID_SPEC', org: contextOf(tenant)?.org },
  );
}

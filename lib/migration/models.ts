import type { Knex } from 'knex';
import { contextOf } from '../run/tenant-context';
import { applyChange, applyChanges, type ChangeResult } from './apply-changes';
import { MigrationError } from '../errors';
import type { FieldSpec } from '../spec/field-spec';
import type { ModelSpec } from '../spec/model-spec';
import type { Change } from '../plan/operations';
import type { ChangeOptions } from '../options/options';
import { specOf } from './own-keys';
import type { ReferencedSpec } from '../spec/referenced-table';

/**
 * Creates a model's table, with its key, checks, indexes, comments and foreign keys.
 *
 * Locks, until the transaction ends: SHARE ROW EXCLUSIVE on each table that the model refers to, which blocks
 * writes to it but not reads (manual 13.3.1).
 *
 * @param org the tenant's schema; it has to exist (`createTenant`)
 * @param spec the model, or only its fields: the table is then the tenant's `model`
 * @param tenant the tenant of `withTenant`, any knex transaction, or a Knex
 * @param options `lockTimeoutMs` 900, `statementTimeoutMs` 30000, …; by default those of the tenant handle
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
  return applyChange(org, createModelOf(org, model), tenant, options);
}

/**
 * Creates models in one round trip, all of them or none. They can be in any order and refer to each other in
 * circles, and to themselves: foreign keys are added once all the tables exist.
 *
 * Locks, until the transaction ends: SHARE ROW EXCLUSIVE on each referenced table that existed before.
 *
 * @throws MigrationError as {@link createModel}; `table` is the model at fault, if it is known
 * @example
 * await createModels('acme-corp', [{ table: 'invoice', fields }, { table: 'line', fields: lineFields }], tenant);
 * // create table "acme-corp"."invoice" (…); create table "acme-corp"."line" (…); alter table … add constraint …
 */
export async function createModels(
  org: string,
  specs: readonly ModelSpec[],
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  if (!Array.isArray(specs)) throw new MigrationError('The specs must be a list.', { code: 'INVALID_SPEC', org });
  // A hole in the list is not a spec, and is refused.
  const changes = Array.from(specs as readonly ModelSpec[], (spec) => createModelOf(org, spec));
  return applyChanges(org, changes, tenant, options);
}

/**
 * Renames a model: its table, and the keys, indexes and checks whose names were derived from it. After COMMIT,
 * every query that uses the old name fails.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table. Neither scans nor rewrites.
 *
 * @throws MigrationError MODEL_NOT_FOUND, MODEL_EXISTS, HAZARD_REFUSED, LOCK_TIMEOUT, …
 * @example
 * await renameModel('acme-corp', 'invoice', 'bill', tenant);
 * // alter table "acme-corp"."invoice" rename to "bill"; do $…$ (the derived names)
 */
export async function renameModel(
  org: string,
  table: string,
  to: string,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  return applyChange(org, { kind: 'renameModel', table, to }, tenant, options);
}

/** `referencing` lists the tables that the model refers to, so the plan shows the locks on them. It does not change what runs. */
export interface DropModelOptions extends ChangeOptions {
  readonly referencing?: readonly ReferencedSpec[] | undefined;
}

/**
 * Drops a model: its table with all its rows. Refused while another table or a view depends on it.
 *
 * Locks, until the transaction ends: ACCESS EXCLUSIVE on the table, and on each table that it refers to.
 *
 * @throws MigrationError MODEL_NOT_FOUND, DEPENDENT_OBJECTS, LOCK_TIMEOUT, …
 * @example
 * await dropModel('acme-corp', 'invoice', tenant);
 * // drop table "acme-corp"."invoice"
 */
export async function dropModel(
  org: string,
  table: string,
  tenant: Knex,
  options?: DropModelOptions,
): Promise<ChangeResult> {
  const { referencing, ...changeOptions } = options ?? {};
  return applyChange(org, { kind: 'dropModel', table, referencing }, tenant, changeOptions);
}

/** The change for a spec. A `kind` in the spec would select another operation. */
function createModelOf(org: string, spec: ModelSpec): Change {
  return { ...specOf('createModel', org, spec, ['kind']), kind: 'createModel' };
}

function modelNameOf(tenant: Knex): string {
  const model = contextOf(tenant)?.model;
  if (model !== undefined) return model;
  throw new MigrationError(
    "A list of fields needs the model's name: give createModel { table, fields }, or withTenant the option model.",
    { code: 'INVALID_SPEC', org: contextOf(tenant)?.org },
  );
}

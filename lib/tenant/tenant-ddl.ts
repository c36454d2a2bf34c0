import type { Knex } from 'knex';
import {
  addFieldToModel,
  addIndex,
  addReference,
  alterField,
  createModel,
  createModels,
  dropFieldFromModel,
  dropIndex,
  dropModel,
  dropReference,
  renameField,
  renameModel,
  type AlterFieldOptions,
  type DropFieldOptions,
  type DropModelOptions,
  type DropReferenceOptions,
} from '../migration';
import { driftReport, type DriftReport } from '../catalog/drift';
import { fingerprints } from '../catalog/fingerprints';
import { inspectModel, inspectTenant } from '../catalog/inspect';
import type { ServerOptions } from '../catalog/pages';
import type { Models } from '../plan/difference/sides';
import type { ModelInspection, TenantInspection } from '../spec/extra';
import { applyChange, applyChanges, type ChangeResult } from '../migration/apply-changes';
import { planChange, planChanges } from '../migration/plan-changes';
import type { Plan } from '../plan/planner';
import type { FieldChangesSpec } from '../spec/field-changes';
import type { FieldSpec } from '../spec/field-spec';
import { identifier } from '../sql/identifier';
import type { IndexSpec } from '../spec/index-spec';
import type { ForeignKeySpec, ModelSpec } from '../spec/model-spec';
import type { Change } from '../plan/operations';
import type { ChangeOptions, OnlineOptions, TenantOptions } from '../options/options';
import { previewConversion, type ConversionPreview } from '../migration/preview-conversion';
import { settingsOf } from '../options/settings';
import type { TypeSpec } from '../field-types/type-change';
import {
  abandonOnline,
  applyOnline,
  onlineStatus,
  planOnline,
  type Abandoned,
  type OnlinePlan,
  type OnlineResult,
  type OnlineStatus,
} from '../online';
import { createTenant } from './create-tenant';
import { dropTenant, type DropTenantOptions } from './drop-tenant';
import { anyServerOf, refuseNoDb, type TenantDb } from './tenant-db';
import type { TenantKnex } from '../run/tenant-knex';
import { withTenant } from './with-tenant';

type Result = Promise<ChangeResult>;

/**
 * Every function of this library, with the database and the options bound. Each call runs in its own transaction;
 * inside the callback of `withTenant`, use the functions themselves with the tenant. Options of a call take
 * precedence over the bound ones, key by key.
 */
export interface TenantDdl {
  /** Creates the schema of a tenant. */
  createTenant(org: string, options?: ChangeOptions): Result;
  /** Drops the schema of a tenant with everything in it; `confirm` has to be the org, once more. */
  dropTenant(org: string, options: DropTenantOptions): Result;
  /** Runs the callback in a transaction on the tenant, and retries all of it. */
  withTenant<T>(org: string, callback: (tenant: TenantKnex) => Promise<T>, options?: TenantOptions): Promise<T>;
  /** The SQL of a change, with its locks and hazards. Needs no database. */
  planChange(org: string, change: Change): Plan;
  /** The same for a list of changes. */
  planChanges(org: string, changes: readonly Change[]): Plan;
  /** Makes one change, which can come from JSON. */
  applyChange(org: string, change: Change, options?: ChangeOptions): Result;
  /** Makes several changes, all of them or none. */
  applyChanges(org: string, changes: readonly Change[], options?: ChangeOptions): Result;
  /** The stages in which `applyOnline` makes a change. Needs no database. */
  planOnline(org: string, change: Change): OnlinePlan;
  /** Makes one change in stages, on a table that others keep using. */
  applyOnline(org: string, change: Change, options?: OnlineOptions): Promise<OnlineResult>;
  /** Takes back an online change that was begun. */
  abandonOnline(org: string, table: string, options?: OnlineOptions): Promise<Abandoned>;
  /** The online changes of a tenant that are not finished. */
  onlineStatus(org: string, options?: ChangeOptions): Promise<readonly OnlineStatus[]>;
  /** Creates a model's table. */
  createModel(org: string, spec: ModelSpec, options?: ChangeOptions): Result;
  /** Creates models that can refer to each other, all of them or none. */
  createModels(org: string, specs: readonly ModelSpec[], options?: ChangeOptions): Result;
  /** Renames a model and its table. */
  renameModel(org: string, table: string, to: string, options?: ChangeOptions): Result;
  /** Drops a model with all its rows. */
  dropModel(org: string, table: string, options?: DropModelOptions): Result;
  /** Adds a field: a column. */
  addFieldToModel(org: string, table: string, field: FieldSpec, options?: ChangeOptions): Result;
  /** Drops a field: a column with all its values. */
  dropFieldFromModel(org: string, table: string, column: string, options?: DropFieldOptions): Result;
  /** Renames a field and its column. */
  renameField(org: string, table: string, column: string, to: string, options?: ChangeOptions): Result;
  /** Changes what `set` names of a field. */
  alterField(org: string, table: string, column: string, set: FieldChangesSpec, options?: AlterFieldOptions): Result;
  /** Counts what a change of a field's type would do to its rows. */
  previewConversion(
    org: string,
    table: string,
    column: string,
    type: TypeSpec,
    options?: ChangeOptions,
  ): Promise<ConversionPreview>;
  /** Reads everything in a tenant's schema back. */
  inspectTenant(org: string, options?: ChangeOptions): Promise<TenantInspection>;
  /** Compares all tenants with the desired models. The bound database has to be a Knex, and no function. */
  driftReport(desired: Models, options?: ServerOptions): AsyncGenerator<DriftReport>;
  /** The fingerprint of every tenant. The bound database has to be a Knex, and no function. */
  fingerprints(options?: ServerOptions): Promise<ReadonlyMap<string, string>>;
  /** Reads one model back. */
  inspectModel(org: string, table: string, options?: ChangeOptions): Promise<ModelInspection>;
  /** Adds an index. */
  addIndex(org: string, table: string, index: IndexSpec, options?: ChangeOptions): Result;
  /** Drops an index by its name. */
  dropIndex(org: string, table: string, name: string, options?: ChangeOptions): Result;
  /** Adds a foreign key over fields that are there. */
  addReference(org: string, table: string, reference: ForeignKeySpec, options?: ChangeOptions): Result;
  /** Drops the foreign keys over exactly these fields. */
  dropReference(org: string, table: string, columns: readonly string[], options?: DropReferenceOptions): Result;
}

/**
 * Binds the database and the options of a service once.
 *
 * @param db a Knex, or a function from an org to its Knex
 * @param options the options of every call; checked here, so a wrong one is found when the service starts
 * @throws MigrationError INVALID_SPEC, UNSUPPORTED_DATABASE
 * @example
 * const ddl = tenantDdl(knex, { logger, hazards: 'refuse', retry: { maxAttempts: 5 } });
 * await ddl.createModel('acme-corp', { table: 'invoice', fields: [{ name: 'id', type: 'Uuid' }] });
 */
export function tenantDdl(db: TenantDb, options: TenantOptions = {}): TenantDdl {
  settingsOf(options);
  refuseNoDb(db);
  // Later changes to the caller's object have no effect.
  const bound = { ...options };
  const { model: _model, turn: _turn, ...ofChanges } = bound;
  const plans = { sharedSchemas: bound.sharedSchemas };
  const on = async (org: string): Promise<Knex> => anyServerOf(identifier(org, 'org'), db);
  const over = <O extends ChangeOptions>(given?: O): O => merged<O>(ofChanges, given);
  const { lockTimeoutMs: _lockTimeoutMs, retry: _retry, ...ofOnline } = ofChanges;
  const overOnline = (given?: OnlineOptions): OnlineOptions => ({ ...ofOnline, ...given });
  return {
    createTenant: (org, given) => createTenant(org, db, over(given)),
    dropTenant: (org, given) => dropTenant(org, db, over(given)),
    withTenant: (org, callback, given) => withTenant(org, db, callback, merged<TenantOptions>(bound, given)),
    planChange: (org, change) => planChange(org, change, plans),
    planChanges: (org, changes) => planChanges(org, changes, plans),
    applyChange: async (org, change, given) => applyChange(org, change, await on(org), over(given)),
    applyChanges: async (org, changes, given) => applyChanges(org, changes, await on(org), over(given)),
    planOnline: (org, change) => planOnline(org, change, plans),
    // Its own defaults are for brief waits: only what a call names goes before them.
    applyOnline: (org, change, given) => applyOnline(org, change, db, overOnline(given)),
    abandonOnline: (org, table, given) => abandonOnline(org, table, db, overOnline(given)),
    onlineStatus: (org, given) => onlineStatus(org, db, over(given)),
    createModel: async (org, spec, given) => createModel(org, spec, await on(org), over(given)),
    createModels: async (org, specs, given) => createModels(org, specs, await on(org), over(given)),
    renameModel: async (org, table, to, given) => renameModel(org, table, to, await on(org), over(given)),
    dropModel: async (org, table, given) => dropModel(org, table, await on(org), over(given)),
    addFieldToModel: async (org, table, field, given) => addFieldToModel(org, table, field, await on(org), over(given)),
    dropFieldFromModel: async (org, table, column, given) =>
      dropFieldFromModel(org, table, column, await on(org), over(given)),
    renameField: async (org, table, column, to, given) =>
      renameField(org, table, column, to, await on(org), over(given)),
    alterField: async (org, table, column, set, given) =>
      alterField(org, table, column, set, await on(org), over(given)),
    previewConversion: async (org, table, column, type, given) =>
      previewConversion(org, table, column, type, await on(org), over(given)),
    inspectTenant: async (org, given) => inspectTenant(org, await on(org), over(given)),
    driftReport: (desired, given) => driftReport(db as Knex, desired, over(given)),
    fingerprints: async (given) => fingerprints(db as Knex, over(given)),
    inspectModel: async (org, table, given) => inspectModel(org, table, await on(org), over(given)),
    addIndex: async (org, table, index, given) => addIndex(org, table, index, await on(org), over(given)),
    dropIndex: async (org, table, name, given) => dropIndex(org, table, name, await on(org), over(given)),
    addReference: async (org, table, reference, given) =>
      addReference(org, table, reference, await on(org), over(given)),
    dropReference: async (org, table, columns, given) => dropReference(org, table, columns, await on(org), over(given)),
  };
}

/** The options of a call over the bound ones. */
function merged<O extends ChangeOptions>(bound: ChangeOptions, given: O | undefined): O {
  const own = Object.entries(given ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const options = { ...bound, ...Object.fromEntries(own) } as O;
  return { ...options, retry: mergedRetry(bound.retry, given?.retry) };
}

function mergedRetry(bound: ChangeOptions['retry'], given: ChangeOptions['retry']): ChangeOptions['retry'] {
  if (!bound || !given) return given ?? bound;
  return { ...bound, ...given };
}

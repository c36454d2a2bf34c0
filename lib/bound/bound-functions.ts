import type { AlterFieldOptions, DropFieldOptions, DropModelOptions, DropReferenceOptions } from '../migration';
import type { DriftReport } from '../catalog/drift';
import type { ServerOptions } from '../catalog/pages';
import type { TypeSpec } from '../field-types/type-change';
import type { ChangeResult } from '../migration/apply-changes';
import type { ConversionPreview } from '../migration/preview-conversion';
import type { Abandoned, OnlinePlan, OnlineResult, OnlineStatus } from '../online';
import type { ChangeOptions, OnlineOptions, TenantOptions } from '../options/options';
import type { Models } from '../plan/difference/sides';
import type { Deletion } from '../plan/deletions';
import type { Change } from '../plan/operations';
import type { Plan } from '../plan/planner';
import type {
  RolloutOptions,
  RolloutQueue,
  RolloutReport,
  RolloutSpec,
  RolloutStatus,
  RolloutWorker,
  WorkerOptions,
} from '../rollout';
import type { TenantKnex } from '../run/tenant-knex';
import type { ModelInspection, TenantInspection } from '../spec/extra';
import type { FieldChangesSpec } from '../spec/field-changes';
import type { FieldSpec } from '../spec/field-spec';
import type { IndexSpec } from '../spec/index-spec';
import type { ForeignKeySpec, ModelSpec } from '../spec/model-spec';
import type { DropTenantOptions } from '../tenant/drop-tenant';

type Result = Promise<ChangeResult>;

/**
 * Every function of this library, with the database and the options bound. Each call runs in its own transaction;
 * inside the callback of `withTenant`, use the functions themselves with the tenant. Options of a call take
 * precedence over the bound ones, key by key.
 */
export interface TenantDdl {
  /** Creates the schema of a tenant. */
  createTenant(org: string, options?: ChangeOptions): Result;
  /** Renames a tenant: its schema, and its rows in the ledger of rollouts. */
  renameTenant(org: string, to: string, options?: ChangeOptions): Result;
  /** Drops the schema of a tenant with everything in it; `confirm` has to be the org, once more. */
  dropTenant(org: string, options: DropTenantOptions): Result;
  /** Runs the callback in a transaction on the tenant, and retries all of it. */
  withTenant<T>(org: string, callback: (tenant: TenantKnex) => Promise<T>, options?: TenantOptions): Promise<T>;
  /** The SQL of a change, with its locks and hazards. Needs no database. */
  planChange(org: string, change: Change): Plan;
  /** The same for a list of changes. */
  planChanges(org: string, changes: readonly Change[]): Plan;
  /** What changes delete for good. Needs no database. */
  deletionsOf(org: string, changes: readonly Change[]): readonly Deletion[];
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
  /** Makes existing fields the primary key of a model that has none. */
  addKey(org: string, table: string, columns: readonly string[], options?: ChangeOptions): Result;
  /** Drops the primary key of a model; its fields stay. */
  dropKey(org: string, table: string, options?: ChangeOptions): Result;
  /** Rolls a list of changes out to many tenants, each exactly once. */
  rollOut(spec: RolloutSpec, options?: RolloutOptions): Promise<RolloutReport>;
  /** The state of a rollout. The bound database has to be a Knex, and no function; so for the four below. */
  rolloutStatus(name: string, options?: ChangeOptions): Promise<RolloutStatus>;
  /** Pauses a rollout, from any process. */
  pauseRollout(name: string, options?: ChangeOptions): Promise<RolloutStatus>;
  /** Lets a paused or stopped rollout go on. */
  resumeRollout(name: string, options?: ChangeOptions): Promise<RolloutStatus>;
  /** Creates the ledger of rollouts. */
  prepareLedger(options?: ChangeOptions): Promise<void>;
  /** Works on rollouts that were begun with a queue, in this process. */
  workRollouts(boss: RolloutQueue, options?: WorkerOptions): Promise<RolloutWorker>;
}

export {
  addFieldToModel,
  addIndex,
  addKey,
  addReference,
  alterField,
  createModel,
  createModels,
  dropFieldFromModel,
  dropIndex,
  dropKey,
  dropModel,
  dropReference,
  renameField,
  renameModel,
  type AlterFieldOptions,
  type DropFieldOptions,
  type DropModelOptions,
  type DropReferenceOptions,
} from './migration';
export { driftReport, type DriftGroup, type DriftReport, type TenantDrift } from './catalog/drift';
export { fingerprints } from './catalog/fingerprints';
export { formatDrift } from './catalog/format-drift';
export type { ServerOptions } from './catalog/pages';
export { fingerprint } from './plan/difference/fingerprint';
export { inspectModel, inspectTenant } from './catalog/inspect';
export { changesFor, type ChangesOptions } from './plan/difference/changes-for';
export { diffModels } from './plan/difference/diff-models';
export type { Difference, DifferenceKind, Remedy } from './plan/difference/difference';
export { formatDifference } from './plan/difference/kinds';
export type { CompareOptions, Models } from './plan/difference/sides';
export type { Extra, ModelInspection, TenantInspection } from './spec/extra';
export { applyChange, applyChanges, type ChangeResult } from './migration/apply-changes';
export {
  deletionsOf,
  planChange,
  planChanges,
  type ChangePlanOptions,
  type PlanOptions,
} from './migration/plan-changes';
export type { Deletion } from './plan/deletions';
export type { Plan } from './plan/planner';
export {
  ERROR_CODES,
  MigrationError,
  type Blocker,
  type ErrorCode,
  type Fault,
  type MigrationErrorDetails,
  type RetryScope,
} from './errors';
export type { FieldChangesSpec } from './spec/field-changes';
export { FieldSpec } from './spec/field-spec';
export type { FieldTypeName } from './field-types';
export type { Now } from './field-types/field-type';
export { formatPlan, type FormatOptions } from './plan/format-plan';
export type { Logger, LogRecord } from './options/logger';
export { ModelSpec, type ForeignKeySpec } from './spec/model-spec';
export type { IndexSpec } from './spec/index-spec';
export type { Change } from './plan/operations';
export type {
  ChangeOptions,
  HazardPolicies,
  HazardPolicy,
  OnlineOptions,
  OnlineProgress,
  RetryEvent,
  RetryOptions,
  TenantOptions,
} from './options/options';
export { abandonOnline, applyOnline, onlineStatus, planOnline } from './online';
export type { Abandoned, OnlinePlan, OnlineResult, OnlineStage, OnlineStatus, StageRan } from './online';
export type { Hazard, HazardKind, Lock, LockMode, Step } from './plan/plan';
export type { ReferencedSpec } from './spec/referenced-table';
export {
  formatRollout,
  pauseRollout,
  prepareLedger,
  resumeRollout,
  rollOut,
  rolloutStatus,
  workRollouts,
} from './rollout';
export type {
  RolloutCounts,
  RolloutFailures,
  RolloutOptions,
  RolloutProgress,
  RolloutQueue,
  RolloutReport,
  RolloutSpec,
  RolloutState,
  RolloutStatus,
  RolloutTarget,
  RolloutTargets,
  RolloutTrial,
  RolloutWave,
  RolloutWorker,
  StopRule,
  OnlineRolloutOptions,
  WorkerOptions,
} from './rollout';
export type { ChangeTrace, OnlineTrace, RolloutTrace } from './run/channels';
export { withDbRetry } from './run/retry';
export type {
  FieldBase,
  FieldOf,
  IndexColumnSpec,
  IndexConditionSpec,
  IndexMethod,
  OnDelete,
  ReferencesSpec,
  ReferenceSpec,
} from './spec/spec-types';
export type { TypeSpec } from './field-types/type-change';
export { previewConversion, type ConversionPreview } from './migration/preview-conversion';
export type { TenantDdl } from './bound/bound-functions';
export { tenantDdl } from './bound/tenant-ddl';
export { createTenant, dropTenant, renameTenant, withTenant } from './tenant';
export type { DropTenantOptions, TenantDb, TenantKnex, TenantResolver } from './tenant';

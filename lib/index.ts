export {
  addFieldToModel,
  addIndex,
  alterField,
  createModel,
  createModels,
  dropFieldFromModel,
  dropIndex,
  dropModel,
  renameField,
  renameModel,
  type AlterFieldOptions,
  type DropFieldOptions,
  type DropModelOptions,
} from './migration';
export {
  applyChange,
  applyChanges,
  planChange,
  planChanges,
  type ChangeResult,
  type Plan,
  type PlanOptions,
} from './migration/change';
export {
  ERROR_CODES,
  MigrationError,
  type Blocker,
  type ErrorCode,
  type Fault,
  type MigrationErrorDetails,
  type RetryScope,
} from './migration/errors';
export type { FieldChangesSpec } from './migration/field-changes';
export { FieldSpec } from './migration/field-spec';
export type { FieldTypeName } from './migration/field-types';
export { formatPlan, type FormatOptions } from './migration/format-plan';
export type { Logger, LogRecord } from './migration/logger';
export { ModelSpec, type ForeignKeySpec, type IndexSpec } from './migration/model-spec';
export type { Change } from './migration/operations';
export type {
  ChangeOptions,
  HazardPolicies,
  HazardPolicy,
  RetryEvent,
  RetryOptions,
  TenantOptions,
} from './migration/options';
export type { Hazard, HazardKind, Lock, LockMode, Step } from './migration/plan';
export type { ReferencedSpec } from './migration/referenced';
export { withDbRetry } from './migration/retry';
export type {
  BigIntField,
  BooleanField,
  BytesField,
  DateField,
  DateTimeField,
  DecimalField,
  EnumField,
  FieldBase,
  FloatField,
  IntField,
  JsonField,
  Now,
  OnDelete,
  ReferenceSpec,
  StringField,
  TextField,
  TimeField,
  UuidField,
} from './migration/spec-types';
export type { TypeSpec } from './migration/type-change';
export { previewConversion, type ConversionPreview } from './migration/preview-conversion';
export { createTenant, dropTenant, tenantDdl, withTenant } from './tenant';
export type { DropTenantOptions, TenantDdl, TenantDb, TenantKnex, TenantResolver } from './tenant';

export { addFieldToModel, createModel, dropFieldFromModel } from './migration';
export { applyChange, planChange, type ChangeResult, type Plan, type PlanOptions } from './migration/change';
export {
  ERROR_CODES,
  MigrationError,
  type Blocker,
  type ErrorCode,
  type Fault,
  type RetryScope,
} from './migration/errors';
export { FieldSpec } from './migration/field-spec';
export type { FieldTypeName } from './migration/field-types';
export type { Logger } from './migration/log';
export { ModelSpec, type ForeignKeySpec, type IndexSpec } from './migration/model-spec';
export type { Change } from './migration/operations';
export type { ChangeOptions, HazardPolicy, RetryEvent, RetryOptions, TenantOptions } from './migration/options';
export type { Hazard, HazardKind, Lock, LockMode, Step } from './migration/plan';
export { withDbRetry } from './migration/retry';
export { createTenant, dropTenant, withTenant } from './tenant';
export type { DropTenantOptions, TenantDb, TenantKnex, TenantResolver } from './tenant';

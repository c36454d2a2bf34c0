export { createTenant } from './create-tenant';
export { dropTenant, type DropTenantOptions } from './drop-tenant';
export { renameTenant } from './rename-tenant';
export type { TenantDb, TenantResolver } from './tenant-db';
export type { TenantKnex } from '../run/tenant-knex';
export { withTenant } from './with-tenant';

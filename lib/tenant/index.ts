export { createTenant } from './create-tenant';
export { dropTenant, type DropTenantOptions } from './drop-tenant';
export type { TenantDb, TenantResolver } from './server';
export { withTenant, type TenantKnex } from './with-tenant';

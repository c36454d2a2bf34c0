export { memoryTenant, type MemoryTenantOptions } from './memory-tenant';

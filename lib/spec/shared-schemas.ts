import type { Identifier } from '../sql/identifier';

/** The schemas that all tenants share, unless the option `sharedSchemas` names others. */
export const DEFAULT_SHARED_SCHEMAS: readonly Identifier[] = ['public' as Identifier];

import type { Knex } from 'knex';

/**
 * One tenant's transaction: a knex transaction whose `search_path` is the org, then the shared schemas, so
 * `tenant('invoice')` is the org's table.
 */
export type TenantKnex = Knex.Transaction & {
  readonly org: string;
  /** The table for a `createModel` that is called with only a list of fields. */
  readonly model?: string;
};

import type { Knex } from 'knex';

/**
 * One tenant's transaction: knex in every respect, with a `search_path` of the org and then the shared
 * schemas, so that `tenant('invoice')` is the org's table.
 */
export type TenantKnex = Knex.Transaction & {
  readonly org: string;
  /** The name that `createModel` gives a model which is only a list of fields. */
  readonly model?: string;
};

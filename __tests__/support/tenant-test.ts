import type { Knex } from 'knex';
import { createTenant, type ChangeOptions, type Logger } from '../../lib';
import { quiet } from './log';
import { connect, dropAfterTest, freshOrg } from './postgres';

/** What the tests of a file, or of a block, begin with. */
export interface TenantTest<Options> {
  readonly db: Knex;
  /** The schema, empty at the start of each test and dropped after it. */
  readonly org: string;
  readonly options: { readonly logger: Logger } & Options;
}

/**
 * Gives each test a tenant of its own, under one name that no other file has, and a pool to the server. The options
 * are those of every call of the file, with a logger that says nothing unless they name one.
 */
export function tenantTest<const Options extends ChangeOptions = object>(
  options?: Options,
  db: Knex = connect(),
): TenantTest<Options> {
  const org = freshOrg();
  const all = { logger: quiet, ...options } as TenantTest<Options>['options'];
  beforeEach(async () => {
    dropAfterTest(org);
    await createTenant(org, db, all);
  });
  return { db, org, options: all };
}

import type { Knex } from 'knex';
import type { ChangeResult } from '../migration/change';
import { execute } from '../migration/execute';
import { identifier, quoted } from '../migration/identifier';
import type { ChangeOptions } from '../migration/options';
import { settingsOf } from '../migration/settings';
import { anyServerOf, type TenantDb } from './server';

/**
 * Creates the schema of a tenant, empty. In a transaction, it is created with the transaction.
 *
 * @param db a Knex, a knex transaction, or a function from an org to its Knex
 * @throws MigrationError INVALID_IDENTIFIER, TENANT_EXISTS, PERMISSION_DENIED
 * @example
 * await createTenant('acme-corp', knex);
 * // create schema "acme-corp"
 */
export async function createTenant(org: string, db: TenantDb, options?: ChangeOptions): Promise<ChangeResult> {
  const checkedOrg = identifier(org, 'org');
  const settings = settingsOf(options);
  const server: Knex = await anyServerOf(checkedOrg, db);
  const statements = [`create schema ${quoted(checkedOrg)}`];
  const subject = { message: 'CREATE SCHEMA', fields: [], expectations: [], effects: [] };
  const ran = await execute(
    { org: checkedOrg, statements, subjects: [subject], lockWaits: 0, hazards: [] },
    server,
    settings,
  );
  return { org, changes: [], statements, ...ran };
}

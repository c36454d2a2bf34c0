import type { Knex } from 'knex';
import { contextOf, orgOn } from '../run/tenant-context';
import type { ChangeResult } from '../migration/apply-changes';
import { execute } from '../run/execute';
import type { Advice } from '../plan/advice';
import { ofSchema } from '../plan/subject';
import { identifier, quoted } from '../sql/identifier';
import type { ChangeOptions } from '../options/options';
import { settingsOf, tenantsOwn } from '../options/settings';
import { anyServerOf, type TenantDb } from './tenant-db';

const ADVICE: Advice = {
  PERMISSION_DENIED: ({ org, reason }) =>
    `The database role may not create schema "${org}"${reason}. Grant it CREATE on the database, or connect as a role that has it.`,
};

/**
 * Creates an empty schema for a tenant. In a transaction, it is created when the transaction commits.
 *
 * @param db a Knex, a knex transaction, or a function from an org to its Knex
 * @throws MigrationError INVALID_IDENTIFIER, TENANT_EXISTS, TENANT_MISMATCH for another tenant's handle, PERMISSION_DENIED
 * @example
 * await createTenant('acme-corp', knex);
 * // create schema "acme-corp"
 */
export async function createTenant(org: string, db: TenantDb, options?: ChangeOptions): Promise<ChangeResult> {
  const checkedOrg = identifier(org, 'org');
  const server: Knex = await anyServerOf(checkedOrg, db);
  orgOn(checkedOrg, server);
  const settings = settingsOf(options, contextOf(server)?.settings);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  const statements = [`create schema ${quoted(checkedOrg)}`];
  const subject = { ...ofSchema('CREATE SCHEMA'), advice: ADVICE };
  const ran = await execute({ org: checkedOrg, statements, subjects: [subject], hazards: [] }, server, settings);
  return { org, changes: [], statements, ...ran };
}

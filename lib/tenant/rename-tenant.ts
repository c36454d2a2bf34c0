import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { ChangeResult } from '../migration/apply-changes';
import type { ChangeOptions } from '../options/options';
import { settingsOf, tenantsOwn } from '../options/settings';
import type { Advice } from '../plan/advice';
import { ofSchema } from '../plan/subject';
import { execute } from '../run/execute';
import { contextOf } from '../run/tenant-context';
import { isMemory } from '../run/wire/send';
import { identifier, quoted, type Identifier } from '../sql/identifier';
import { renameRecords } from './rename-records';
import { anyServerOf, type TenantDb } from './tenant-db';

/**
 * Renames a tenant: its schema, and its rows in the ledger of rollouts. Takes the turns of both orgs, so it waits for
 * the changes of either; locks no table, so readers and writers are not kept waiting.
 *
 * Whatever PostgreSQL keeps by oid follows: foreign keys, views, triggers, rights, publications. Text does not: the
 * body of a function, `SET search_path` of a function, role or database, your own metadata and queries. A transaction
 * that is open on the tenant finds its tables under the old name no longer, unless it holds the tenant's turn
 * (`withTenant` with `turn: 'start'`, or after its first change): the rename waits for that.
 *
 * @param to the new org; no schema may have its name
 * @param db a Knex, a knex transaction of your own, or a function from an org to its Knex; not the tenant of
 *   `withTenant`, which searches its tables under the old name
 * @throws MigrationError INVALID_IDENTIFIER, TENANT_NOT_FOUND, TENANT_EXISTS; PERMISSION_DENIED unless the role owns the
 *   schema and has CREATE on the database; CHANGE_UNDER_WAY if an online change of the tenant is not finished;
 *   UNSUPPORTED_DATABASE on pg-mem; LOCK_TIMEOUT, …
 * @example
 * await renameTenant('acme-corp', 'acme-inc', knex);
 * // alter schema "acme-corp" rename to "acme-inc"
 * @see docs/changing-tables.md, "Creating, renaming and dropping tenants"
 */
export async function renameTenant(
  org: string,
  to: string,
  db: TenantDb,
  options?: ChangeOptions,
): Promise<ChangeResult> {
  const [from, target] = [identifier(org, 'org'), identifier(to, 'org')];
  const server = await anyServerOf(from, db);
  const settings = settingsOf(options);
  for (const each of [from, target]) tenantsOwn(each, settings.sharedSchemas);
  refuseUnfit(from, server);
  const rename = `alter schema ${quoted(from)} rename to ${quoted(target)}`;
  const work = {
    org: from,
    otherOrg: target,
    statements: [rename, renameRecords(from, target)],
    shown: [rename],
    subjects: [{ ...ofSchema('ALTER SCHEMA'), to: target, advice: adviceFor(target) }],
    hazards: [],
    readsCatalog: true,
  };
  const ran = await execute(work, server, settings);
  return { org, changes: [], statements: [rename], ...ran };
}

function refuseUnfit(org: Identifier, server: Knex): void {
  if (isMemory(server)) {
    throw new MigrationError(
      'pg-mem cannot rename a schema, and nothing was changed. Test renameTenant on a PostgreSQL server.',
      { code: 'UNSUPPORTED_DATABASE', org },
    );
  }
  if (contextOf(server) === undefined) return;
  throw new MigrationError(
    'The tenant of withTenant searches its tables under the old name: pass renameTenant a Knex, or a transaction of your own.',
    { code: 'INVALID_SPEC', org },
  );
}

function adviceFor(to: Identifier): Advice {
  return {
    TENANT_EXISTS: ({ org }) =>
      `Schema "${to}" already exists, so "${org}" cannot have its name. Nothing was changed. Choose another org.`,
    PERMISSION_DENIED: ({ org, reason }) =>
      `The database role may not rename schema "${org}"${reason}. Nothing was changed. It has to own the schema, and needs CREATE on the database; and SELECT and UPDATE on the tables of schema "tenant_ddl", if they exist. Connect as a role that has these, or grant them.`,
  };
}

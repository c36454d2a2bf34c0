import { isMemory } from '../run/wire/send';
import type { ChangeResult } from '../migration/apply-changes';
import { MigrationError } from '../errors';
import { identifier } from '../sql/identifier';
import { logChange } from '../run/log';
import type { ChangeOptions } from '../options/options';
import { settingsOf, tenantsOwn } from '../options/settings';
import { dropContents, SUBJECT } from './drop-contents';
import { serverOf, type TenantDb } from './tenant-db';

/** `confirm` has to be the org, once more. */
export interface DropTenantOptions extends ChangeOptions {
  readonly confirm: string;
}

/**
 * Drops the schema of a tenant with everything in it, in batches, each in its own transaction: a single
 * `drop schema … cascade` over some thousand tables runs out of locks. If it fails half-way, dropped objects stay
 * dropped, and a second call continues. Takes ACCESS EXCLUSIVE on each table.
 *
 * If anything outside the schema depends on something in it, the call fails; nothing outside is ever dropped. This
 * is checked before anything is dropped, and again in each batch, under its locks.
 *
 * @param db a Knex, or a function from an org to its Knex; not a transaction, since it needs several
 * @throws MigrationError INVALID_SPEC if `confirm` is not the org, INVALID_IDENTIFIER, TENANT_NOT_FOUND,
 *   DEPENDENT_OBJECTS if something outside the schema depends on it (`error.dependents`), LOCK_TIMEOUT, …
 * @example
 * await dropTenant('acme-corp', knex, { confirm: 'acme-corp' });
 * // drop table "acme-corp".invoice; drop table "acme-corp".customer; …; drop schema "acme-corp"
 */
export async function dropTenant(org: string, db: TenantDb, options: DropTenantOptions): Promise<ChangeResult> {
  const checkedOrg = identifier(org, 'org');
  const { confirm, ...changeOptions } = { ...options };
  const settings = settingsOf(changeOptions);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  if (confirm !== org)
    throw refusedDropError(org, `dropTenant deletes all data of "${org}": confirm it with { confirm: '${org}' }.`);
  const server = await serverOf(checkedOrg, db, 'dropTenant');
  if (isMemory(server)) throw refusedDropError(org, 'pg-mem cannot drop a schema: use a new database for each test.');

  const startedAt = performance.now();
  const { statements, attempts } = await dropContents(checkedOrg, server, settings);
  const durationMs = Math.round(performance.now() - startedAt);
  logChange(settings.logger, org, SUBJECT, { durationMs, attempts });
  return { org, changes: [], statements, attempts, durationMs };
}

function refusedDropError(org: string, message: string): MigrationError {
  return new MigrationError(message, { code: 'INVALID_SPEC', org });
}

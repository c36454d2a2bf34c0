import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { ChangeOptions } from '../options/options';
import { settingsOf } from '../options/settings';
import { refuseEnded } from '../run/execute';
import { contextOf, orgOn } from '../run/tenant-context';
import type { ModelInspection, TenantInspection } from '../spec/extra';
import { identifier, type Identifier } from '../sql/identifier';
import type { SchemaFacts } from './facts';
import { inspectionOf } from './model-of';
import { readSchemas } from './read-schemas';

/**
 * Reads a tenant's schema back: its tables as specs that would create them, and everything else as `extras`, by kind and
 * name. Nothing that is in the schema is left out.
 *
 * One round trip, from the catalogs alone; one that is in the middle of a change is seen as it was before it, or as your
 * own transaction has made it. Locks nothing that a change would wait for; a check is written down by the server under
 * ACCESS SHARE on its table.
 *
 * @param tenant what `withTenant` passes to its callback, any knex transaction, or a Knex
 * @param options `lockTimeoutMs` 900 and `statementTimeoutMs` 30000 in milliseconds, `retry`
 * @throws MigrationError TENANT_NOT_FOUND, LOCK_TIMEOUT, STATEMENT_TIMEOUT, CONNECTION_LOST, …; UNSUPPORTED_DATABASE on pg-mem
 * @example
 * const { models, extras } = await inspectTenant('acme-corp', tenant);
 * // models: [{ table: 'invoice', fields: [{ name: 'id', type: 'Int' }, …] }], extras: [{ kind: 'view', name: 'open_invoice' }]
 */
export async function inspectTenant(org: string, tenant: Knex, options?: ChangeOptions): Promise<TenantInspection> {
  return inspectionOf(await factsOf(orgOn(org, tenant), tenant, options));
}

/**
 * Reads one model back, as a spec that would create its table, and what no spec can say of that table.
 *
 * One round trip, from the catalogs alone; see {@link inspectTenant}.
 *
 * @throws MigrationError TENANT_NOT_FOUND, MODEL_NOT_FOUND, LOCK_TIMEOUT, STATEMENT_TIMEOUT, CONNECTION_LOST, …;
 *   UNSUPPORTED_DATABASE on pg-mem
 * @example
 * const { model, extras } = await inspectModel('acme-corp', 'invoice', tenant);
 */
export async function inspectModel(
  org: string,
  table: string,
  tenant: Knex,
  options?: ChangeOptions,
): Promise<ModelInspection> {
  const checkedOrg = orgOn(org, tenant);
  const checkedTable = identifier(table, 'table');
  const { models, extras } = inspectionOf(await factsOf(checkedOrg, tenant, options, checkedTable));
  const model = models.find((found) => found.table === table);
  if (model === undefined) {
    const other = extras.find(({ name, kind }) => name === table && kind !== 'default');
    throw new MigrationError(
      `There is no table "${table}" in schema "${org}"${other === undefined ? '' : `: it is a ${other.kind}`}. Compare the name with inspectTenant('${org}', tenant).`,
      { code: 'MODEL_NOT_FOUND', org, table },
    );
  }
  return { org, model, extras: extras.filter((extra) => extra.table === table) };
}

async function factsOf(
  org: Identifier,
  tenant: Knex,
  options: ChangeOptions | undefined,
  table?: Identifier,
): Promise<SchemaFacts> {
  const settings = settingsOf(options, contextOf(tenant)?.settings);
  refuseEnded(org, tenant);
  const [facts] = await readSchemas({ orgs: [org], table, waits: true }, tenant, settings, org);
  if (facts !== undefined) return facts;
  throw new MigrationError(`There is no schema "${org}". Create the tenant first, or correct the org.`, {
    code: 'TENANT_NOT_FOUND',
    org,
  });
}

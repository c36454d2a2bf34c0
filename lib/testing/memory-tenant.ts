import { createHash, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { DataType, newDb, type IMemoryDb } from 'pg-mem';
import { defaultToSchema } from '../migration/adapter/memory';
import { setContext, type Journal } from '../migration/adapter/tenant-context';
import { identifier } from '../migration/identifier';
import type { TenantOptions } from '../migration/options';
import { settingsOf, tenantsOwn } from '../migration/settings';
import type { TenantKnex } from '../tenant/tenant-knex';

/** The options of a tenant, and the database to make it in. */
export interface MemoryTenantOptions extends TenantOptions {
  /** A pg-mem database, for what else your tests put into it. Default: a new one. */
  readonly db?: IMemoryDb | undefined;
}

/**
 * A tenant in memory, for unit tests without a server: its schema is there, and so are the functions that
 * defaults call and pg-mem lacks. Changes run on it as on a server; `tenant('invoice')` is the org's table.
 *
 * pg-mem undoes nothing on ROLLBACK, knows no locks and no timeouts, and has errors of its own: what a
 * transaction does has to be tested on PostgreSQL.
 *
 * @example
 * const tenant = memoryTenant('acme-corp');
 * await createModel('acme-corp', invoice, tenant);
 * await tenant('invoice').insert({ id: '1' });
 */
export function memoryTenant(org: string, options: MemoryTenantOptions = {}): TenantKnex {
  const checkedOrg = identifier(org, 'org');
  // Without noAstCoverageCheck pg-mem refuses decimal(p, s).
  const { db = newDb({ noAstCoverageCheck: true }), model, ...changeOptions } = options;
  const settings = settingsOf(changeOptions);
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  registerFunctions(db);
  db.createSchema(checkedOrg);
  // Without jsonbSupport, json and jsonb become text; with knex's own pool, the process would not end.
  const pool = { min: 0, idleTimeoutMillis: 1, reapIntervalMillis: 1 };
  const tenant = db.adapters.createKnex(0, { jsonbSupport: true, pool }) as Knex;
  defaultToSchema(tenant, checkedOrg);
  setContext(tenant, { org: checkedOrg, model, settings, attempt: 1, journal: TOLD_AT_ONCE });
  return Object.assign(tenant, model === undefined ? { org } : { org, model }) as unknown as TenantKnex;
}

/** There is no COMMIT to wait for. */
const TOLD_AT_ONCE: Journal = {
  begin: () => ({ ran: (tell) => tell(true), failed: (_error, tell) => tell(undefined) }),
};

/** Those that PostgreSQL has, pg-mem lacks, and defaults or a service's own SQL call. */
function registerFunctions({ public: schema }: IMemoryDb): void {
  const { text, uuid, bytea, bigint, integer } = DataType;
  // Impure: pg-mem would compute it once for all rows.
  schema.registerFunction({ name: 'gen_random_uuid', returns: uuid, impure: true, implementation: () => randomUUID() });
  schema.registerFunction({ name: 'version', returns: text, implementation: () => 'PostgreSQL 18 (pg-mem)' });
  schema.registerFunction({
    name: 'decode',
    args: [text, text],
    returns: bytea,
    implementation: (value: string, encoding: 'base64' | 'hex') => Buffer.from(value, encoding),
  });
  schema.registerFunction({
    name: 'hashtextextended',
    args: [text, integer],
    returns: bigint,
    implementation: (value: string) => createHash('sha256').update(value).digest().readInt32BE(),
  });
  // One session has nobody to wait for.
  schema.registerFunction({ name: 'pg_advisory_xact_lock', args: [bigint], returns: text, implementation: () => null });
}

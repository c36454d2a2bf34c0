import { createHash, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type * as PgMem from 'pg-mem';
import type { IMemoryDb } from 'pg-mem';
import { defaultToSchema } from '../run/ways/pg-mem';
import { memoryOf } from '../run/ways/pg-mem-tables';
import { setContext, type Journal, type TenantContext } from '../run/tenant-context';
import { MigrationError } from '../errors';
import { identifier } from '../sql/identifier';
import type { TenantOptions } from '../options/options';
import { settingsOf, tenantsOwn } from '../options/settings';
import type { TenantKnex } from '../run/tenant-knex';

/** The options of a tenant, and the database for it. */
export interface MemoryTenantOptions extends TenantOptions {
  /** A pg-mem database, if your tests need more in it. Default: a new one. */
  readonly db?: IMemoryDb | undefined;
}

/**
 * A tenant in memory, for unit tests without a server. Its schema exists, with the functions that defaults call and
 * pg-mem lacks. Changes run on it as on a server; `tenant('invoice')` is the org's table.
 *
 * pg-mem does not undo anything on ROLLBACK and has no locks or timeouts: test what a transaction does on PostgreSQL.
 *
 * Nothing is logged, unless you pass a `logger`. `tenant.raw`, `tenant.schema` and common table expressions do not
 * know the org: name its schema in them, `tenant.schema.withSchema(tenant.org)`.
 *
 * @throws MigrationError UNSUPPORTED_DATABASE if pg-mem is not installed
 * @example
 * const tenant = memoryTenant('acme-corp');
 * await createModel('acme-corp', invoice, tenant);
 * await tenant('invoice').insert({ id: '1' });
 */
export function memoryTenant(org: string, options: MemoryTenantOptions = {}): TenantKnex {
  const checkedOrg = identifier(org, 'org');
  // Without noAstCoverageCheck pg-mem refuses decimal(p, s).
  const { db = pgMem().newDb({ noAstCoverageCheck: true }), model, ...changeOptions } = options;
  // Nothing but the test should write to its output.
  const settings = settingsOf({ ...changeOptions, logger: changeOptions.logger ?? false });
  tenantsOwn(checkedOrg, settings.sharedSchemas);
  registerFunctions(db);
  db.createSchema(checkedOrg);
  // Without jsonbSupport, json and jsonb become text; with knex's default pool, the process would not end.
  const pool = { min: 0, idleTimeoutMillis: 1, reapIntervalMillis: 1 };
  const tenant = db.adapters.createKnex(0, { jsonbSupport: true, pool }) as Knex;
  memoryOf(tenant).database = db;
  return handed(tenant, { org: checkedOrg, model, settings, attempt: 1, journal: TOLD_AT_ONCE });
}

/** Makes a tenant of a Knex on pg-mem, or of its transaction, and of transactions that are begun on it. */
function handed(db: Knex, context: TenantContext): TenantKnex {
  const { org, model } = context;
  defaultToSchema(db, org);
  setContext(db, context);
  const begin = db.transaction.bind(db) as (work?: Work, config?: unknown) => Promise<unknown>;
  const transaction = (work?: unknown, config?: unknown): Promise<unknown> => {
    const within = (trx: Knex): TenantKnex => handed(trx, context);
    if (typeof work !== 'function') return begin(undefined, work ?? config).then((trx) => within(trx as Knex));
    // pg-mem has no savepoints and no rollback: a nested transaction is the same one.
    if (db.isTransaction === true) return Promise.resolve((work as Work)(db));
    return begin((trx) => (work as Work)(within(trx)), config);
  };
  const own = { transaction, org, ...(model === undefined ? {} : { model }) };
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(db, name, { value, configurable: true, enumerable: true, writable: true });
  }
  return db as unknown as TenantKnex;
}

type Work = (trx: Knex) => unknown;

/** An optional peer: if it is missing, the error says so when it is needed. */
function pgMem(): typeof PgMem {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a static import could only fail with node's own message
    return require('pg-mem') as typeof PgMem;
  } catch (cause) {
    throw new MigrationError('memoryTenant needs pg-mem, which is not installed: npm install --save-dev pg-mem.', {
      code: 'UNSUPPORTED_DATABASE',
      cause,
    });
  }
}

/** There is no COMMIT to wait for. */
const TOLD_AT_ONCE: Journal = {
  begin: () => ({ ran: (tell) => tell(true), failed: (_error, tell) => tell(undefined) }),
};

/** Functions of PostgreSQL that pg-mem lacks, and that defaults or a service's own SQL call. */
function registerFunctions({ public: schema }: IMemoryDb): void {
  const { text, uuid, bytea, bigint, integer } = pgMem().DataType;
  // Impure: otherwise pg-mem computes it once for all rows.
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
  // A single session never waits.
  schema.registerFunction({ name: 'pg_advisory_xact_lock', args: [bigint], returns: text, implementation: () => null });
}

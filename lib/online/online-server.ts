import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { refuseNestedCall } from '../run/open-tenants';
import { isMemory } from '../run/wire/send';
import type { Identifier } from '../sql/identifier';
import { anyServerOf, type TenantDb } from '../tenant/tenant-db';

/** One connection holds the lease and builds, another runs the brief transactions. */
const MIN_CONNECTIONS = 2;

/**
 * The Knex for an online change.
 *
 * @throws MigrationError INVALID_SPEC for a transaction, and for a pool of one connection; UNSUPPORTED_DATABASE for
 *   pg-mem; NESTED_CALL inside the callback of withTenant of the same org
 */
export async function onlineServer(org: Identifier, db: TenantDb, call: string): Promise<Knex> {
  const server = await anyServerOf(org, db);
  if (isMemory(server)) {
    throw new MigrationError(
      `${call} needs a PostgreSQL server: pg-mem has no locks and nothing CONCURRENTLY. Use applyChange in your tests.`,
      {
        code: 'UNSUPPORTED_DATABASE',
        org,
      },
    );
  }
  if (server.isTransaction === true) {
    throw new MigrationError(
      `${call} was given a transaction, and nothing was changed. Its stages commit one by one, and CREATE INDEX CONCURRENTLY cannot run inside a transaction: pass a Knex.`,
      { code: 'INVALID_SPEC', org },
    );
  }
  refuseNestedCall(org, server);
  const { pool } = server.client as { readonly pool?: { readonly max?: number } };
  if (pool?.max !== undefined && pool.max < MIN_CONNECTIONS) {
    throw new MigrationError(
      `${call} needs two connections at a time, and the pool has at most ${pool.max}. Nothing was changed. Make it larger: pool: { max: ${MIN_CONNECTIONS} }.`,
      { code: 'INVALID_SPEC', org },
    );
  }
  return server;
}

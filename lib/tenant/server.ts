import type { Knex } from 'knex';
import { MigrationError } from '../migration/errors';

/** Finds the server of an org, where tenants are spread over several. */
export type TenantResolver = (org: string) => Knex | Promise<Knex>;

/** One Knex for all tenants, or the way to each one's. */
export type TenantDb = Knex | TenantResolver;

/**
 * The Knex of an org, for a call that has transactions of its own: inside another one it would end with
 * that one, and leave its search_path behind.
 *
 * @throws MigrationError INVALID_SPEC for what is no Knex, or is a transaction
 */
export async function serverOf(org: string, db: TenantDb, call: string): Promise<Knex> {
  const server = await anyServerOf(org, db);
  if (server.isTransaction !== true) return server;
  throw new MigrationError(`${call} has transactions of its own: give it a Knex, not a transaction.`, {
    code: 'INVALID_SPEC',
    org,
  });
}

/** The same for a call that may be part of a transaction. */
export async function anyServerOf(org: string, db: TenantDb): Promise<Knex> {
  // A Knex is a function too.
  const server: unknown = isKnex(db) || typeof db !== 'function' ? db : await db(org);
  if (isKnex(server)) return server;
  throw new MigrationError(`The database of "${org}" must be a Knex, or a function that gives one.`, {
    code: 'INVALID_SPEC',
    org,
  });
}

function isKnex(db: unknown): db is Knex {
  return typeof db === 'function' && 'client' in db && 'raw' in db;
}

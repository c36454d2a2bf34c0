import type { Knex } from 'knex';
import { isKnex, usableKnex } from '../run/usable-knex';
import { MigrationError } from '../errors';

/** Finds the server of an org, for tenants on several servers. */
export type TenantResolver = (org: string) => Knex | Promise<Knex>;

/** One Knex for all tenants, or a function that finds each one's. */
export type TenantDb = Knex | TenantResolver;

/**
 * The Knex of an org, for a call that runs its own transactions: inside another one, it would be rolled back with
 * it, and leave its search_path behind.
 *
 * @throws MigrationError INVALID_SPEC if it is not a Knex, or is a transaction
 */
export async function serverOf(org: string, db: TenantDb, call: string): Promise<Knex> {
  const server = await anyServerOf(org, db);
  if (server.isTransaction !== true) return server;
  throw new MigrationError(`${call} runs its own transactions: pass a Knex, not a transaction.`, {
    code: 'INVALID_SPEC',
    org,
  });
}

/** The same for a call that can be part of a transaction. */
export async function anyServerOf(org: string, db: TenantDb): Promise<Knex> {
  // A Knex is a function too.
  const server: unknown = isResolver(db) ? await db(org) : db;
  return usableKnex(org, server, `The database of "${org}" must be a Knex instance, or a function that returns one`);
}

/**
 * Refuses what cannot be a database, before there is an org to resolve.
 *
 * @throws MigrationError INVALID_SPEC, UNSUPPORTED_DATABASE
 */
export function refuseNoDb(db: TenantDb): void {
  if (!isResolver(db))
    usableKnex('', db, 'The database must be a Knex instance, or a function from an org to its Knex');
}

/** Not the knex module, which would take the org for the name of a client. */
function isResolver(db: TenantDb): db is TenantResolver {
  return typeof db === 'function' && !isKnex(db) && typeof (db as { readonly knex?: unknown }).knex !== 'function';
}

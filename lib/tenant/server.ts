import type { Knex } from 'knex';

/** Finds the server of an org, where tenants are spread over several. */
export type TenantResolver = (org: string) => Knex | Promise<Knex>;

/** One Knex for all tenants, or the way to each one's. */
export type TenantDb = Knex | TenantResolver;

/** The Knex of an org. A Knex is a function too; its `client` tells it apart. */
export async function serverOf(org: string, db: TenantDb): Promise<Knex> {
  return 'client' in db ? db : db(org);
}

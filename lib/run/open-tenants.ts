import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Identifier } from '../sql/identifier';

/** A tenant whose callback is running. */
interface OpenTenant {
  readonly org: Identifier;
  readonly server: Knex;
  open: boolean;
  /** That of the withTenant around this one. */
  readonly outer: OpenTenant | undefined;
}

const tenants = new AsyncLocalStorage<OpenTenant>();

/** Runs the callback of withTenant; {@link refuseNestedCall} knows what is called inside it. */
export async function whileOpen<T>(org: Identifier, server: Knex, callback: () => Promise<T>): Promise<T> {
  const tenant: OpenTenant = { org, server, open: true, outer: firstOpen(tenants.getStore()) };
  try {
    return await tenants.run(tenant, callback);
  } finally {
    // What goes on in its asynchronous context afterwards is on its own.
    tenant.open = false;
  }
}

/**
 * Refuses a transaction of its own for a tenant whose callback is running around the call. It would wait
 * for the turn, the locks or the connection that the callback's transaction holds until the callback ends;
 * and where it holds none yet, the change would stay when that transaction is rolled back.
 *
 * @throws MigrationError NESTED_CALL
 */
export function refuseNestedCall(org: string, server: Knex): void {
  for (let tenant = firstOpen(tenants.getStore()); tenant !== undefined; tenant = firstOpen(tenant.outer)) {
    if (tenant.org === org && shareAPool(tenant.server, server)) throw nestedCall(org);
  }
}

function firstOpen(tenant: OpenTenant | undefined): OpenTenant | undefined {
  let found = tenant;
  while (found !== undefined && !found.open) found = found.outer;
  return found;
}

/** By the pool, which a Knex shares with what `withUserParams` makes of it. Another pool may be another service's. */
function shareAPool(a: Knex, b: Knex): boolean {
  const [one, other] = [a.client as { readonly pool?: unknown }, b.client as { readonly pool?: unknown }];
  return one.pool !== undefined && one.pool === other.pool;
}

function nestedCall(org: string): MigrationError {
  return new MigrationError(
    `The call uses a Knex inside the callback of withTenant('${org}', …), whose transaction it would wait for. Nothing was changed. Pass the tenant that the callback is given. What has to be independent of it can run after the callback.`,
    { code: 'NESTED_CALL', org },
  );
}

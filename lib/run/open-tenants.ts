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

/** Runs the callback of withTenant, so {@link refuseNestedCall} recognises calls inside it. */
export async function whileOpen<T>(org: Identifier, server: Knex, callback: () => Promise<T>): Promise<T> {
  const tenant: OpenTenant = { org, server, open: true, outer: firstOpen(tenants.getStore()) };
  try {
    return await tenants.run(tenant, callback);
  } finally {
    // Calls that continue in its asynchronous context afterwards are independent.
    tenant.open = false;
  }
}

/**
 * Refuses a separate transaction for a tenant while its callback is running around the call. It would wait for the
 * turn, the locks or the connection that the callback's transaction holds until the callback ends; and if that holds
 * none yet, the change would stay when it is rolled back.
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

/** Compares pools, since `withUserParams` makes another Knex with the same pool. */
function shareAPool(a: Knex, b: Knex): boolean {
  const [one, other] = [a.client as { readonly pool?: unknown }, b.client as { readonly pool?: unknown }];
  return one.pool !== undefined && one.pool === other.pool;
}

function nestedCall(org: string): MigrationError {
  return new MigrationError(
    `The call uses a Knex inside the callback of withTenant('${org}', …), whose transaction it would wait for. Nothing was changed. Use the tenant that withTenant passes to the callback. Independent work can run after the callback.`,
    { code: 'NESTED_CALL', org },
  );
}

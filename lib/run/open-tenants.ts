import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Identifier } from '../sql/identifier';
import { outermost } from './outermost';

/** A transaction that is open around a call, as far as we know. */
interface OpenTransaction {
  /** Undefined once it has ended. */
  of: { readonly org: Identifier; readonly server: Knex; readonly trx: Knex; readonly isTenant: boolean } | undefined;
  /** Whether it has changed something: then it has the turn of the org, until it ends. */
  holds: boolean;
  /** The one around it. */
  readonly outer: OpenTransaction | undefined;
}

const transactions = new AsyncLocalStorage<OpenTransaction>();

/** Runs the callback of withTenant, so {@link refuseNestedCall} recognises calls inside it. */
export async function whileOpen<T>(org: Identifier, server: Knex, trx: Knex, callback: () => Promise<T>): Promise<T> {
  const outer = notEnded(transactions.getStore());
  const open: OpenTransaction = { of: { org, server, trx, isTenant: true }, holds: true, outer };
  try {
    return await transactions.run(open, callback);
  } finally {
    // Calls that continue in its asynchronous context afterwards are independent.
    open.of = undefined;
  }
}

/**
 * The same for a transaction of the caller's, which has no callback of ours: for what its asynchronous context does from
 * here on. Has to be called before the first `await` of a call.
 *
 * @returns to be called when the transaction has changed something
 */
export function insideTransaction(org: Identifier, tenant: Knex): () => void {
  const trx = outermost(tenant) as Knex.Transaction;
  const ended = trx.executionPromise as Promise<unknown> | undefined;
  const outer = notEnded(transactions.getStore());
  for (let open = outer; open !== undefined; open = notEnded(open.outer)) {
    if (open.of?.trx === trx && open.of.org === org) return holding(open);
  }
  if (ended === undefined) return () => undefined;
  const open: OpenTransaction = { of: { org, server: trx, trx, isTenant: false }, holds: false, outer };
  const end = (): void => {
    open.of = undefined;
  };
  ended.then(end, end);
  transactions.enterWith(open);
  return holding(open);
}

function holding(open: OpenTransaction): () => void {
  return () => {
    open.holds = true;
  };
}

/**
 * Refuses a change in another transaction than the one that is open for the same org around the call. It would wait for
 * the turn, the locks or the connection that the open one holds until its end; and if that holds none yet, the change
 * would stay when it is rolled back.
 *
 * @param onlyTenants for a call that may only read: a transaction of the caller's does not stop it
 * @throws MigrationError NESTED_CALL
 */
export function refuseNestedCall(org: string, db: Knex, onlyTenants = false): void {
  const own = db.isTransaction === true ? outermost(db) : undefined;
  for (let open = notEnded(transactions.getStore()); open !== undefined; open = notEnded(open.outer)) {
    const { of, holds } = open;
    if (of === undefined || of.org !== org || of.trx === own || !holds || !shareAServer(of.server, db)) continue;
    if (of.isTenant || !onlyTenants) throw nestedCallError(org, of.isTenant);
  }
}

function notEnded(open: OpenTransaction | undefined): OpenTransaction | undefined {
  let found = open;
  while (found !== undefined && found.of === undefined) found = found.outer;
  return found;
}

/** Compares pools, since `withUserParams` makes another Knex with the same pool; a transaction only has the settings. */
function shareAServer(a: Knex, b: Knex): boolean {
  const [one, other] = [a.client as Client, b.client as Client];
  const isSame = (key: keyof Client): boolean => one[key] !== undefined && one[key] === other[key];
  return isSame('pool') || isSame('connectionSettings');
}

interface Client {
  readonly pool?: unknown;
  readonly connectionSettings?: unknown;
}

function nestedCallError(org: string, isTenant: boolean): MigrationError {
  const where = isTenant
    ? `inside the callback of withTenant('${org}', …), whose transaction it would wait for`
    : `while your own transaction, which has changed "${org}", is open: it would wait for that`;
  const instead = isTenant
    ? 'Use the tenant that withTenant passes to the callback. Independent work can run after the callback.'
    : 'Use that transaction. Independent work can run after its end.';
  return new MigrationError(`The call uses another connection ${where}. Nothing was changed. ${instead}`, {
    code: 'NESTED_CALL',
    org,
  });
}

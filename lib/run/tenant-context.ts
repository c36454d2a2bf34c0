import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { identifier, type Identifier } from '../sql/identifier';
import type { Settings } from '../options/options';
import { usableKnex } from './usable-knex';

/** How certain a record of success is: `undefined` if the COMMIT was not seen. */
export type Committed = true | undefined;

/** One run of a change, from before it is sent. */
export interface JournalEntry {
  /** Set in the transaction by the change, and rolled back with it. */
  readonly mark?: string;
  /** Logged once the transaction has committed, and never if the change was rolled back. */
  readonly ran: (tell: (committed: Committed) => void) => void;
  /** Logged in any case, with the wait before the next attempt, if there is one. */
  readonly failed: (error: unknown, tell: (retryInMs: number | undefined) => void) => void;
}

/** Collects the log records of a transaction until its outcome is known. */
export interface Journal {
  readonly begin: () => JournalEntry;
}

/** What a tenant handle carries besides its transaction. */
export interface TenantContext {
  readonly org: Identifier;
  readonly model: string | undefined;
  readonly settings: Settings;
  /** Which attempt of the whole callback this is, from 1. */
  readonly attempt: number;
  readonly journal: Journal;
}

const contexts = new WeakMap<object, TenantContext>();

export function setContext(tenant: Knex, context: TenantContext): void {
  contexts.set(tenant, context);
}

/** The context of a tenant handle, or of a transaction begun on one. */
export function contextOf(tenant: Knex): TenantContext | undefined {
  const { parentTransaction } = tenant as { readonly parentTransaction?: Knex };
  return contexts.get(tenant) ?? (parentTransaction && contextOf(parentTransaction));
}

/**
 * The org, checked: it has to be a name, and that of the tenant.
 *
 * @throws MigrationError INVALID_IDENTIFIER, TENANT_MISMATCH; INVALID_SPEC if it is not a tenant
 */
export function orgOn(org: string, tenant: Knex): Identifier {
  const checked = identifier(org, 'org');
  usableKnex(checked, tenant, 'The tenant must be the tenant of withTenant, a knex transaction, or a Knex');
  const own = contextOf(tenant)?.org;
  if (own === undefined || own === checked) return checked;
  throw new MigrationError(
    `The change is for org "${checked}", but the tenant is "${own}". Use withTenant('${checked}', db, …) for it.`,
    { code: 'TENANT_MISMATCH', org: checked },
  );
}

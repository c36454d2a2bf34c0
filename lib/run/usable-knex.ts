import type { Knex } from 'knex';
import { MigrationError } from '../errors';

/** What identifies a Knex and its client; knex's types leave the client out. */
interface KnexParts {
  readonly client?: { readonly dialect?: unknown; readonly driverName?: unknown } | undefined;
  readonly raw?: unknown;
}

/** Whether it is a Knex or a transaction: both are functions with a client. */
export function isKnex(given: unknown): given is Knex {
  const { client, raw } = (typeof given === 'function' ? given : {}) as KnexParts;
  return typeof client === 'object' && client !== null && typeof raw === 'function';
}

/**
 * The caller's Knex, if the library can use it. Checked before anything is sent: other drivers would fail with their
 * own messages, and other databases would accept half of what they are sent.
 *
 * @param what what the argument has to be, for the message
 * @throws MigrationError INVALID_SPEC if it is not a Knex; UNSUPPORTED_DATABASE for one of another client
 */
export function usableKnex(org: string, given: unknown, what: string): Knex {
  if (!isKnex(given)) {
    throw new MigrationError(`${what}. It is ${formatDifference(given)}.`, { code: 'INVALID_SPEC', org });
  }
  const { dialect, driverName } = (given as unknown as KnexParts).client ?? {};
  if (dialect === 'postgresql' && driverName === 'pg') return given;
  const named = typeof driverName === 'string' ? driverName : String(dialect);
  throw new MigrationError(
    `The Knex is for the client "${named}". This library works on PostgreSQL with the driver pg: knex({ client: 'pg', … }).`,
    { code: 'UNSUPPORTED_DATABASE', org },
  );
}

function formatDifference(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (typeof given === 'function') {
    const module = given as { readonly knex?: unknown };
    if (typeof module.knex === 'function') return "the knex module: call it, knex({ client: 'pg', … })";
    return 'a function: pass what it resolves to';
  }
  if (typeof (given as { readonly then?: unknown }).then === 'function') return 'a promise or a query: await it first';
  return Array.isArray(given) ? 'a list' : `a value of type ${typeof given}`;
}

import type { Knex } from 'knex';
import { MigrationError } from '../errors';

/** What tells a Knex and its client; knex's types leave the client out. */
interface Given {
  readonly client?: { readonly dialect?: unknown; readonly driverName?: unknown } | undefined;
  readonly raw?: unknown;
}

/** A Knex, or a transaction of one: functions, with a client each. */
export function isKnex(given: unknown): given is Knex {
  const { client, raw } = (typeof given === 'function' ? given : {}) as Given;
  return typeof client === 'object' && client !== null && typeof raw === 'function';
}

/**
 * The Knex that a caller gave, where the engine can work on it. Looked at before anything is sent: other
 * drivers would fail in their own words, and other databases would take half of what they are sent.
 *
 * @param what what the argument has to be, for the message
 * @throws MigrationError INVALID_SPEC for what is not a Knex; UNSUPPORTED_DATABASE for one of another client
 */
export function usableKnex(org: string, given: unknown, what: string): Knex {
  if (!isKnex(given)) {
    throw new MigrationError(`${what}. It is ${wordsFor(given)}.`, { code: 'INVALID_SPEC', org });
  }
  const { dialect, driverName } = (given as unknown as Given).client ?? {};
  if (dialect === 'postgresql' && driverName === 'pg') return given;
  const named = typeof driverName === 'string' ? driverName : String(dialect);
  throw new MigrationError(
    `The Knex is for the client "${named}". This library works on PostgreSQL by the driver pg: knex({ client: 'pg', … }).`,
    { code: 'UNSUPPORTED_DATABASE', org },
  );
}

function wordsFor(given: unknown): string {
  if (given === null || given === undefined) return String(given);
  if (typeof given === 'function') {
    const module = given as { readonly knex?: unknown };
    if (typeof module.knex === 'function') return "the knex module: call it, knex({ client: 'pg', … })";
    return 'a function: give what it resolves to';
  }
  if (typeof (given as { readonly then?: unknown }).then === 'function') return 'a promise or a query: await it first';
  return Array.isArray(given) ? 'a list' : `a value of the type ${typeof given}`;
}

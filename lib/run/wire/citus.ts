import { citusForm } from '../../sql/citus-form';
import { EQ } from '../../sql/qualified-sql';
import type { Twofold } from '../../sql/statement';
import { isPassedOn, isRefusalOfCitus } from '../failures/server-error';
import { valueOf, type Answer, type Connection } from './send';

/** A column that {@link learnCitus} reads, of the first question on a connection. */
export const CITUS = `(select extversion from pg_catalog.pg_extension where extname ${EQ} 'citus') as tenant_ddl_citus`;

/** Whether a connection leads to Citus, once it has answered. */
const known = new WeakMap<Connection, boolean>();

/** The databases that are Citus, by their addresses: what a new connection to one of them leads to. */
const addresses = new Set<string>();

/** The parts of pg's connection that say where it leads. */
interface Address {
  readonly host?: string;
  readonly port?: number;
  readonly database?: string;
}

function addressOf(connection: Connection): string {
  const { host, port, database } = connection as Address;
  return JSON.stringify([host, port, database]);
}

export function learnCitus(connection: Connection, answers: readonly Answer[]): void {
  const version = valueOf(answers, 'tenant_ddl_citus');
  if (version !== undefined) note(connection, version !== null);
}

/** Whether the server that answered {@link CITUS} is Citus. */
export function isCitusIn(answers: readonly Answer[]): boolean {
  return typeof valueOf(answers, 'tenant_ddl_citus') === 'string';
}

function note(connection: Connection, isCitus: boolean): void {
  known.set(connection, isCitus);
  if (isCitus) addresses.add(addressOf(connection));
  else addresses.delete(addressOf(connection));
}

/** Whether statements take the form of {@link citusForm} on a connection. */
export function leadsToCitus(connection: Connection): boolean {
  return known.get(connection) ?? addresses.has(addressOf(connection));
}

/** A statement as the server behind a connection takes it. */
export function formFor(connection: Connection): (statement: string | Twofold) => string {
  return leadsToCitus(connection)
    ? citusForm
    : (statement) => (typeof statement === 'string' ? statement : statement.sql);
}

/**
 * Whether a batch failed since it was written for a plain server, which the first one to an unknown Citus is: the
 * next one is written for Citus.
 */
export function learnFromFailure(connection: Connection, error: unknown): boolean {
  if ((!isPassedOn(error) && !isRefusalOfCitus(error)) || leadsToCitus(connection)) return false;
  note(connection, true);
  return true;
}

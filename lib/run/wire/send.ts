import type { Knex } from 'knex';
import { errorWithoutValues } from '../failures/without-values';

/** The parts of an answer to one statement that are read. */
export interface Answer {
  readonly command?: string;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
}

/** A connection of knex's pool; its inside belongs to the driver. */
export type Connection = object;

/** The parts of knex's client for connections; its types leave them out. */
export interface KnexClient {
  readonly version?: string;
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  raw(sql: string): Knex.Raw;
  query(connection: Connection, sql: string): Promise<{ readonly response?: Answer }>;
}

export function clientOf(db: Knex): KnexClient {
  return db.client as KnexClient;
}

/** Whether pg-mem replaces the server, as in unit tests. It can do less; every place that depends on it asks here. */
export function isMemory(db: Knex): boolean {
  return clientOf(db).version === 'pg-mem';
}

/**
 * Sends statements as one simple query, one round trip, and returns an answer for each. knex's events fire as for any
 * query; the caller's `postProcessResponse` does not apply.
 */
export async function send(db: Knex, sql: string, connection?: Connection): Promise<readonly Answer[]> {
  // knex treats a bare question mark as a binding. For a transaction's client this cannot be turned off, but there
  // all SQL is ours, without a backslash before one.
  const raw = unmapped(clientOf(db)).raw(db.isTransaction === true ? sql.replaceAll('?', '\\?') : sql);
  try {
    const answer = (await (connection === undefined ? raw : raw.connection(connection))) as Answer | Answer[];
    return Array.isArray(answer) ? answer : [answer];
  } catch (error) {
    throw errorWithoutValues(error, sql);
  }
}

/**
 * Sends one statement without rows, as knex sends its own COMMIT: the event `query` fires, but there is no builder.
 * Returns the tag of the answer.
 */
export async function sendAlone(db: Knex, sql: string, connection: Connection): Promise<string | undefined> {
  try {
    return (await clientOf(db).query(connection, sql)).response?.command;
  } catch (error) {
    throw errorWithoutValues(error, sql);
  }
}

/**
 * The same as {@link send} where no builder is made: of knex's events, `query` and `query-error` fire. For what is sent
 * ten thousand times.
 */
export async function sendPlain(db: Knex, sql: string, connection: Connection): Promise<readonly Answer[]> {
  try {
    const { response } = await unmapped(clientOf(db)).query(connection, sql);
    const answers = response as Answer | readonly Answer[] | undefined;
    return Array.isArray(answers) ? (answers as readonly Answer[]) : [answers as Answer];
  } catch (error) {
    throw errorWithoutValues(error, sql);
  }
}

/** The same client, with the same connections and events, that leaves bindings and responses alone. */
function unmapped(client: KnexClient): KnexClient {
  const known = unmappedClients.get(client);
  if (known !== undefined) return known;
  const asItIs = { value: (unchanged: unknown) => unchanged };
  const made = Object.create(client, { postProcessResponse: asItIs, positionBindings: asItIs }) as KnexClient;
  unmappedClients.set(client, made);
  return made;
}

const unmappedClients = new WeakMap<KnexClient, KnexClient>();

/** The parts of pg's connection that end it at once. */
interface Ending {
  on?(event: 'error', listener: () => void): unknown;
  readonly connection?: { readonly stream?: { destroy?(): void } };
}

/**
 * Ends a connection in an unknown state: a late answer must not reach its next user, and the server should not keep
 * holding locks for it.
 */
export function discard(connection: Connection): void {
  // The mark by which knex's pool recognises a broken connection.
  Object.assign(connection, { __knex__disposed: 'Its state is unknown' });
  const ending = connection as Ending;
  // A caller's own pool does not listen while the connection is in use.
  ending.on?.('error', ignore);
  ending.connection?.stream?.destroy?.();
}

function ignore(): void {
  // It was meant to end.
}

/** The rows of the last statement. */
export function rowsOf<T>(answers: readonly Answer[]): readonly T[] {
  return (answers.at(-1)?.rows ?? []) as readonly unknown[] as readonly T[];
}

/** The value of a column in the first row that has it. */
export function valueOf(answers: readonly Answer[], column: string): unknown {
  for (const { rows = [] } of answers) {
    const row = rows[0];
    if (row !== undefined && Object.hasOwn(row, column)) return row[column];
  }
  return undefined;
}

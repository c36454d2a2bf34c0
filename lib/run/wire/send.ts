import type { Knex } from 'knex';
import { withoutValues } from '../failures/without-values';

/** The answer to one statement, as far as it is read. */
export interface Answer {
  readonly command?: string;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
}

/** A connection of knex's pool. What it is inside is the driver's. */
export type Connection = object;

/** The parts of knex's client that lead to a connection; its types leave them out. */
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

/** pg-mem stands in for the server in unit tests. It can do less; every place that minds asks here. */
export function isMemory(db: Knex): boolean {
  return clientOf(db).version === 'pg-mem';
}

/**
 * Sends statements as one simple query, one round trip, and gives an answer for each. knex's events
 * fire as for any query; the caller's `postProcessResponse` has no say in what comes back.
 */
export async function send(db: Knex, sql: string, connection?: Connection): Promise<readonly Answer[]> {
  // knex takes a bare question mark for a binding. A transaction's client can not be told otherwise, but
  // there all SQL is ours, with no backslash before one.
  const raw = unmapped(clientOf(db)).raw(db.isTransaction === true ? sql.replaceAll('?', '\\?') : sql);
  try {
    const answer = (await (connection === undefined ? raw : raw.connection(connection))) as Answer | Answer[];
    return Array.isArray(answer) ? answer : [answer];
  } catch (error) {
    throw withoutValues(error, sql);
  }
}

/**
 * Sends one statement that gives no rows, as knex sends its own COMMIT: the event `query` fires, and no
 * builder is made for it. Gives the tag of the answer.
 */
export async function sendAlone(db: Knex, sql: string, connection: Connection): Promise<string | undefined> {
  try {
    return (await clientOf(db).query(connection, sql)).response?.command;
  } catch (error) {
    throw withoutValues(error, sql);
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
    throw withoutValues(error, sql);
  }
}

/** The same client, on the same connections and with the same events, that changes nothing on the way. */
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
 * Ends a connection whose state nobody knows: a late answer must not come to the next one who uses it, and the
 * server should not go on holding locks for it.
 */
export function discard(connection: Connection): void {
  // The mark by which knex's pool tells a broken connection.
  Object.assign(connection, { __knex__disposed: 'Its state is unknown' });
  const ending = connection as Ending;
  // A caller's own pool does not listen while it has handed the connection out.
  ending.on?.('error', ignore);
  ending.connection?.stream?.destroy?.();
}

function ignore(): void {
  // That it ends is what was wanted.
}

/** The value of a column in the first row that has it. */
export function valueOf(answers: readonly Answer[], column: string): unknown {
  for (const { rows = [] } of answers) {
    const row = rows[0];
    if (row !== undefined && Object.hasOwn(row, column)) return row[column];
  }
  return undefined;
}

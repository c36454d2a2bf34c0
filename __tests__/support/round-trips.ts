// What goes over the wire of one Knex, counted where the driver reads it.
import type { Knex } from 'knex';
import { connect } from './postgres';

export interface Wire {
  readonly db: Knex;
  /** The texts of the queries, in their order, each a round trip; what opened a connection is not among them. */
  readonly sent: readonly string[];
  /** How many connections were opened. */
  opened(): number;
}

interface DriverConnection {
  query(text: string): void;
  parse(query: { text: string }): void;
  on(event: 'readyForQuery', listener: () => void): void;
}

/** A pool that counts. The server ends each answer with one ReadyForQuery, however many statements it was for. */
export function countedConnect(options: Knex.Config = {}): Wire {
  const sent: string[] = [];
  let opened = 0;
  const afterCreate = ({ connection }: { connection: DriverConnection }, done: (error?: Error) => void): void => {
    opened += 1;
    // The driver may send the next query before it tells us that the one before is done.
    const unanswered: string[] = [];
    const { query, parse } = connection;
    connection.query = (text) => {
      unanswered.push(text);
      query.call(connection, text);
    };
    connection.parse = (prepared) => {
      unanswered.push(prepared.text);
      parse.call(connection, prepared);
    };
    connection.on('readyForQuery', () => sent.push(unanswered.shift() ?? ''));
    done();
  };
  return { db: connect({ ...options, pool: { ...options.pool, afterCreate } }), sent, opened: () => opened };
}

/** One connection that is open, so that what opens it is not counted; `sent` can be emptied. */
export async function warm(): Promise<Wire & { readonly sent: string[] }> {
  const wire = countedConnect({ pool: { min: 1, max: 1 } });
  await wire.db.raw('select 1');
  const sent = wire.sent as string[];
  sent.length = 0;
  return { ...wire, sent };
}

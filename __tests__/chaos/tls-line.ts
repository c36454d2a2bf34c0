// What is encrypted cannot be read on its way. The driver says when a question goes out, and on which port.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { knex } from 'knex';
import type { Knex } from 'knex';

/** Which message of TLS is damaged, that of the client or that of the server. */
export type Side = 'question' | 'answer';

export interface Damage {
  readonly side: Side;
  /** Which byte is changed. */
  readonly which: number;
}

export interface TlsLine {
  /** A knex that speaks TLS with the server, by way of the line. */
  connect(config: Knex.Config): Knex;
  /** Damages the nth question that looks so, or its answer. */
  strikeAt(pattern: RegExp, nth: number, damage: Damage): { hasStruck(): boolean; end(): void };
  close(): Promise<void>;
}

/** The first bytes of a record say what it is and how long; changed, they would only make the other side wait. */
const HEADER = 5;

export async function startTlsLine(serverUrl: string): Promise<TlsLine> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const due = new Map<number, Damage & { done(): void }>();
  const listeners = new Set<(sql: string, port: number) => void>();

  const pass = (from: Socket, to: Socket, port: number, side: Side): void => {
    from.on('data', (chunk: Buffer) => {
      const damage = due.get(port);
      if (damage?.side === side && chunk.length > HEADER) {
        due.delete(port);
        const at = HEADER + (damage.which % (chunk.length - HEADER));
        chunk[at] = (chunk[at] as number) ^ 0x55;
        damage.done();
      }
      to.write(chunk);
    });
    from.on('close', () => to.destroy()).on('error', () => undefined);
    sockets.add(from.once('close', () => sockets.delete(from)));
  };
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true });
    const port = client.remotePort as number;
    pass(client, server, port, 'question');
    pass(server, client, port, 'answer');
    client.once('close', () => due.delete(port));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;

  return {
    connect: (config) => {
      const connection = { ...(config.connection as object), connectionString: url.href };
      const db = knex({ ...config, connection: { ...connection, ssl: { rejectUnauthorized: false } } });
      const ports = portsOf(db);
      db.on('query', ({ sql, __knexUid }: { sql: string; __knexUid: string }) => {
        const port = ports.get(__knexUid);
        if (port !== undefined) for (const listens of listeners) listens(sql, port);
      });
      return db;
    },
    strikeAt: (pattern, nth, damage) => {
      let seen = 0;
      let struck = false;
      const listens = (sql: string, port: number): void => {
        if (!pattern.test(sql) || (seen += 1) !== nth) return;
        due.set(port, { ...damage, done: () => (struck = true) });
      };
      listeners.add(listens);
      return { hasStruck: () => struck, end: () => void listeners.delete(listens) };
    },
    close: async () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}

/** By knex's name of a connection, the port that it comes from. */
function portsOf(db: Knex): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  db.client.pool.on('createSuccess', (_: number, raw: { __knexUid: string; connection: { stream: Socket } }) =>
    ports.set(raw.__knexUid, raw.connection.stream.localPort as number),
  );
  return ports;
}

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Takes each connection, and never says a word: a balancer whose server is gone. */
export interface SilentServer {
  readonly url: string;
  close(): void;
}

export async function startSilentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()).resume());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `postgres://127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

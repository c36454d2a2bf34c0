import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { endsQuestion, isPartOfQuestion, messageReader, pidOf, sqlOf } from './protocol';
import type { Message } from './protocol';

/** One question of a client, on its way to the server: what a fault can do to it. */
export interface Exchange {
  readonly connection: number;
  /** The server's process. */
  readonly pid: number;
  readonly sql: string;
  /** Which question of its connection it is, from 1. */
  readonly number: number;
  readonly isCut: boolean;
  /** Lets the server have it, and waits until the whole answer is here (true) or the server is gone (false). */
  ask(): Promise<boolean>;
  /** Lets the server have the first bytes of it, and no more. */
  askHalf(): void;
  /** Lets the client have the first bytes of an answer that `ask` waited for. */
  answerHalf(): void;
  /** Lets the client have that answer with one byte changed, which one by the given number. */
  answerGarbled(which: number): void;
  /** Ends the connection on both sides; `reset` as a failing network does, else with an orderly end. */
  cut(how?: 'reset' | 'end'): void;
  /** Ends the client's side only: the server has no way of knowing, and `ask` still reaches it. */
  cutClient(how?: 'reset' | 'end'): void;
}

/** May `ask` or cut; a question that it does neither to goes its way, and its answer too. */
export type OnExchange = (exchange: Exchange) => void | Promise<void>;

/** Called for each connection that a client opens; true refuses it. */
export type OnConnect = () => boolean;

export interface Proxy {
  /** The server's address, by way of the proxy. */
  readonly url: string;
  /** Listeners are called in the order they came, each question being one at a time on its connection. */
  onExchange(listener: OnExchange): () => void;
  onConnect(listener: OnConnect): () => void;
  /** Cuts every connection there is, in whatever it is doing. */
  cutAll(): void;
  /** Where new connections lead from now on: another server, as after a failover. */
  leadTo(url: string): void;
  close(): Promise<void>;
}

/** Stands between knex and PostgreSQL, and passes on everything until a listener does otherwise. */
export async function startProxy(serverUrl: string): Promise<Proxy> {
  const exchangeListeners = new Set<OnExchange>();
  const connectListeners = new Set<OnConnect>();
  const sockets = new Set<Socket>();
  let target = new URL(serverUrl);
  let connections = 0;

  const listener = createServer((client) => {
    sockets.add(client.on('close', () => sockets.delete(client)));
    client.on('error', ignore);
    if ([...connectListeners].some((refuses) => refuses())) return void client.resetAndDestroy();
    const server = connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true });
    sockets.add(server.on('close', () => sockets.delete(server)));
    connections += 1;
    relay(client.setNoDelay(true), server, connections, exchangeListeners);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    onExchange: (added) => registered(exchangeListeners, added),
    onConnect: (added) => registered(connectListeners, added),
    cutAll: () => sockets.forEach((socket) => socket.destroy()),
    leadTo: (other) => void (target = new URL(other)),
    close: async () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
      await once(listener, 'close');
    },
  };
}

function registered<T>(listeners: Set<T>, added: T): () => void {
  listeners.add(added);
  return () => listeners.delete(added);
}

function relay(client: Socket, server: Socket, connection: number, listeners: ReadonlySet<OnExchange>): void {
  let pid = 0;
  let number = 0;
  let held: Buffer[] | undefined;
  let isDetached = false;
  let isCut = false;
  let answered: (complete: boolean) => void = ignore;

  const cutClient = (how: 'reset' | 'end' = 'end'): void => {
    isDetached = true;
    isCut = true;
    if (how === 'reset') client.resetAndDestroy();
    else client.destroy();
  };

  const exchangeOf = (question: readonly Message[]): Exchange => {
    const bytes = Buffer.concat(question.map((message) => message.bytes));
    return {
      connection,
      pid,
      number,
      sql: sqlOf(question),
      get isCut() {
        return isCut;
      },
      ask: () =>
        new Promise((resolve) => {
          held = [];
          answered = resolve;
          if (server.destroyed) resolve(false);
          else server.write(bytes);
        }),
      askHalf: () => void server.write(bytes.subarray(0, bytes.length >> 1)),
      answerHalf: () => {
        const answer = Buffer.concat(held ?? []);
        client.write(answer.subarray(0, answer.length >> 1));
      },
      answerGarbled: (which) => {
        const answer = Buffer.concat(held ?? []);
        const at = which % Math.max(1, answer.length);
        if (answer.length > 0) answer[at] = (answer[at] as number) ^ 0x55;
        client.write(answer);
      },
      cut: (how) => {
        cutClient(how);
        server.destroy();
      },
      cutClient,
    };
  };

  const handle = async (question: readonly Message[]): Promise<void> => {
    if (isCut) return;
    number += 1;
    const exchange = exchangeOf(question);
    for (const listener of listeners) {
      await listener(exchange);
      if (isCut) return;
    }
    if (held === undefined) server.write(Buffer.concat(question.map(({ bytes }) => bytes)));
    else client.write(Buffer.concat(held));
    held = undefined;
    if (server.destroyed) client.end();
  };

  const readClient = messageReader('client');
  const question: Message[] = [];
  let turn: Promise<void> = Promise.resolve();
  client.on('data', (chunk: Buffer) => {
    for (const message of readClient(chunk)) {
      if (isPartOfQuestion(message)) question.push(message);
      else if (endsQuestion(message)) {
        const complete = [...question.splice(0), message];
        turn = turn.then(() => handle(complete));
      } else turn = turn.then(() => void server.write(message.bytes));
    }
  });

  const readServer = messageReader('server');
  server.on('data', (chunk: Buffer) => {
    for (const message of readServer(chunk)) {
      if (message.type === 'K') pid = pidOf(message);
      if (held !== undefined) held.push(message.bytes);
      else if (!isCut) client.write(message.bytes);
      // ReadyForQuery
      if (message.type === 'Z') answered(true);
    }
  });

  client.on('error', ignore);
  server.on('error', ignore);
  client.on('close', () => {
    if (!isDetached) server.destroy();
  });
  server.on('close', () => {
    answered(false);
    // What a listener holds back is still to be passed on.
    if (held === undefined) client.end();
  });
}

function ignore(): void {
  // A connection that breaks is what this is for; `close` follows each error.
}

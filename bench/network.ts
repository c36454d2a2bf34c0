import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The way to the server through the proxy. */
export interface Network {
  readonly url: string;
  setDelay(delayMs: number): Promise<void>;
  /** Round trips since the last call, on the connection that sent most. */
  counted(): Promise<number>;
  close(): void;
}

export async function startNetwork(serverUrl: string): Promise<Network> {
  const target = new URL(serverUrl);
  const address = { host: target.hostname, port: Number(target.port || 5432) };
  const child = fork(new URL('proxy.mjs', import.meta.url), [JSON.stringify(address)], { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  child.unref();
  child.channel?.unref();
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    setDelay: async (delayMs) => void (await ask(child, { delayMs })),
    counted: async () => ((await ask(child, { reset: true })) as { roundTrips: number }).roundTrips,
    close: () => child.disconnect(),
  };
}

async function ask(child: ChildProcess, question: object): Promise<unknown> {
  const answered = once(child, 'message');
  child.channel?.ref();
  child.send(question);
  const [answer] = (await answered) as [unknown];
  child.channel?.unref();
  return answer;
}

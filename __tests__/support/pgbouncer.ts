// A PgBouncer of a test's own, between it and the server under test.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { SKIPPED } from './rights';

export type PoolMode = 'session' | 'transaction' | 'statement';

export interface PgBouncer {
  /** The server's address, by way of the pooler. */
  readonly url: string;
  /** Runs a command on the pooler's console. */
  command(sql: string): Promise<void>;
  /** Kills it as `kill -9` does, and starts it again on the same port. */
  killAndStart(): Promise<void>;
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  readonly mode: PoolMode;
  /** Connections to the server. */
  readonly size: number;
}

/** Where Debian puts it is in no PATH but root's. */
const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** Undefined where it is not installed. */
export const pgBouncerVersion = /PgBouncer (\S+)/.exec(
  String(spawnSync('pgbouncer', ['--version'], { env: environment }).stdout),
)?.[1];

/** Ends a test as skipped where there is no PgBouncer. */
export function needPgBouncer(): void {
  if (!pgBouncerVersion) throw new Error(`${SKIPPED} PgBouncer is not installed (apt-get install pgbouncer).`);
}

export async function startPgBouncer(serverUrl: string, { mode, size }: PgBouncerOptions): Promise<PgBouncer> {
  needPgBouncer();
  const folder = mkdtempSync(join(tmpdir(), 'tenant-ddl-pgbouncer-'));
  const port = await freePort();
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(config, configOf(serverUrl, { mode, size }, port), { mode: 0o600 });
  const [url, console] = [new URL(serverUrl), new URL(serverUrl)];
  url.host = console.host = `127.0.0.1:${port}`;
  console.pathname = '/pgbouncer';
  const command = (sql: string): Promise<void> => commanded(console.href, sql);
  const started = async (): Promise<ChildProcess> => {
    const child = supervised(config);
    await answering(child, command);
    return child;
  };
  let running = await started();
  return {
    url: url.href,
    command,
    killAndStart: async () => {
      await killed(running);
      running = await started();
    },
    stop: async () => {
      await killed(running);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Lets in whoever comes, as the server's role. */
function configOf(serverUrl: string, { mode, size }: PgBouncerOptions, port: number): string {
  const { hostname, port: serverPort, username, password, pathname } = new URL(serverUrl);
  const [user, secret, database] = [username, password, pathname.slice(1)].map(decodeURIComponent);
  return `[databases]
${database} = host=${hostname} port=${serverPort || 5432} dbname=${database} user=${user} password=${secret}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
admin_users = ${user}
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 200
server_login_retry = 0.05
`;
}

/** Ends with this process, however that ends: the shell reads until its input closes. */
function supervised(config: string): ChildProcess {
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const script = '"$@" >/dev/null 2>&1 & read -r _; kill -9 $!; wait';
  return spawn('sh', ['-c', script, 'sh', 'pgbouncer', ...asUser, config], {
    env: environment,
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.stdin?.end();
  await gone;
}

async function answering(child: ChildProcess, command: (sql: string) => Promise<void>): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      return await command('show version');
    } catch (error) {
      if (Date.now() < deadline) await sleep(20);
      else {
        await killed(child);
        throw error;
      }
    }
  }
}

async function commanded(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

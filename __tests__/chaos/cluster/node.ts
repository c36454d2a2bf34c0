import { setTimeout as sleep } from 'node:timers/promises';
import { knex, type Knex } from 'knex';
import { Client } from 'pg';

/** One server of a cluster, which is stopped and started by SQL alone: whoever runs it has to be a superuser. */
export interface Node {
  readonly url: string;
  /** Connections that no proxy sees. */
  readonly admin: Knex;
  /** Ends a session as the kernel would: the server ends all the others, and recovers. */
  killSession(pid: number): Promise<void>;
  /** Stops the server in immediate mode, as a power cut would, or in order; it starts again at once. */
  restart(mode: 'immediate' | 'fast'): Promise<void>;
  /** Until it answers. */
  whenUp(): Promise<void>;
  close(): Promise<void>;
}

/** How long a server may take to start, recovery included. */
const UP_MS = 25_000;

export function nodeAt(url: string, name: string): Node {
  // Citus keeps connections to the workers, which a restart breaks.
  const options = '-c citus.max_cached_conns_per_worker=0 -c citus.override_table_visibility=off';
  const admin = knex({
    client: 'pg',
    connection: { connectionString: url, application_name: name, options },
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: 10_000,
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined },
  });
  const run = (command: string): Promise<unknown> =>
    asked(url, `copy (select 1 limit 0) to program '${command.replaceAll("'", "''")}'`);
  const whenUp = async (): Promise<void> => {
    const deadline = Date.now() + UP_MS;
    while ((await startOf(url)) === undefined) {
      if (Date.now() > deadline) throw new Error(`The server at ${new URL(url).host} does not start again.`);
      await sleep(20);
    }
  };
  return {
    url,
    admin,
    whenUp,
    killSession: async (pid) => void (await run(`kill -9 ${pid}`).catch(ignoreLoss)),
    restart: async (mode) => {
      const before = await startOf(url);
      const [{ rows }] = (await asked(
        url,
        `select (select setting from pg_config where name = 'BINDIR') as bin, current_setting('data_directory') as data`,
      )) as [{ rows: { bin: string; data: string }[] }];
      const { bin, data } = rows[0] as { bin: string; data: string };
      // After the answer to this very statement, unless the machine is busy.
      const restart = `sleep 0.02; exec "${bin}/pg_ctl" restart -w -D "${data}" -m ${mode}`;
      await run(`setsid sh -c '${restart}' >/dev/null 2>&1 </dev/null &`).catch(ignoreLoss);
      const deadline = Date.now() + UP_MS;
      while ((await startOf(url)) === before) {
        if (Date.now() > deadline) throw new Error(`The server at ${new URL(url).host} is not restarted.`);
        await sleep(10);
      }
    },
    close: () => admin.destroy(),
  };
}

function ignoreLoss(error: unknown): void {
  if (!(error instanceof Error && /terminat/i.test(error.message))) throw error;
}

/** When the server was started; undefined while it does not answer. */
async function startOf(url: string): Promise<string | undefined> {
  try {
    const [{ rows }] = (await asked(url, 'select pg_postmaster_start_time()::text as start')) as [
      { rows: { start: string }[] },
    ];
    return rows[0]?.start;
  } catch {
    return undefined;
  }
}

/** On a connection of its own, which may be lost. */
async function asked(url: string, sql: string): Promise<readonly unknown[]> {
  // A statement_timeout of the server is another fault.
  const client = new Client({
    connectionString: url,
    application_name: 'chaos-node',
    options: '-c statement_timeout=0',
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return [await client.query(sql)];
  } finally {
    // Not awaited: the end of a connection that its server has ended need not come.
    void client.end().catch(() => undefined);
  }
}

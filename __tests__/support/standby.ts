// What a server takes for a standby: it receives everything, and says how far it has come when the test lets it.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import type { Knex } from 'knex';
import { until } from './through-proxy';

export interface Standby {
  /** Comes to be behind by at least so much, and stays there. */
  fallBehind(ms: number): Promise<void>;
  /** From here on it is behind by next to nothing. */
  catchUp(): void;
  stop(): Promise<void>;
}

/** The parts of pg's connection that the protocol of replication needs; its types leave them out. */
interface Wire {
  on(event: 'copyData', listener: (message: { readonly chunk: Buffer }) => void): void;
  sendCopyFromChunk(chunk: Buffer): void;
}

const ANSWER_EVERY_MS = 20;

/** Streams from the server as a standby does (manual 54.4, START_REPLICATION). `admin` sees its lag. */
export async function startStandby(url: string, admin: Knex): Promise<Standby> {
  const given: ClientConfig & { replication: string } = { connectionString: url, replication: 'database' };
  const client = new Client(given);
  // Of the end of its connection, which is not in order in the middle of a stream.
  client.on('error', () => undefined);
  await client.connect();
  const wire = (client as unknown as { readonly connection: Wire }).connection;
  const { rows } = await client.query<{ xlogpos: string }>('IDENTIFY_SYSTEM');
  let received = 0n;
  wire.on('copyData', ({ chunk }) => {
    // XLogData: where it begins, two numbers of eight bytes, and the log itself.
    if (chunk[0] === 'w'.charCodeAt(0)) received = chunk.readBigUInt64BE(1) + BigInt(chunk.length - 25);
  });
  // It never ends by itself.
  client.query(`START_REPLICATION PHYSICAL ${rows[0]?.xlogpos}`).catch(() => undefined);
  const answer = (upTo = received): void => {
    if (upTo > 0n) wire.sendCopyFromChunk(statusOf(upTo));
  };
  let answering: NodeJS.Timeout | undefined;
  return {
    fallBehind: async (ms) => {
      clearInterval(answering);
      do {
        const before = received;
        await admin.raw(`select pg_logical_emit_message(true, 'test', '')`);
        await until(() => received > before);
        const upTo = received;
        await sleep(ms + 100);
        answer(upTo);
        await sleep(ANSWER_EVERY_MS);
      } while (((await lagMs(admin)) ?? 0) < ms);
    },
    catchUp: () => {
      answering = setInterval(() => answer(), ANSWER_EVERY_MS);
    },
    stop: async () => {
      clearInterval(answering);
      await client.end();
      await until(async () => (await lagMs(admin)) === undefined);
    },
  };
}

async function lagMs(admin: Knex): Promise<number | null | undefined> {
  const { rows } = await admin.raw(
    'select extract(epoch from replay_lag)::float8 * 1000 as ms from pg_stat_replication',
  );
  return (rows as { ms: number | null }[])[0]?.ms;
}

/** Standby status update: written, flushed and applied up to there; the clock of the standby, and no answer asked for. */
function statusOf(at: bigint): Buffer {
  const status = Buffer.alloc(34);
  status.write('r');
  for (const offset of [1, 9, 17]) status.writeBigUInt64BE(at, offset);
  return status;
}

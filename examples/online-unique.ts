import type { Knex } from 'knex';
import { applyOnline, createModel, type Change } from '../lib';
import { ORG, QUIET } from './org';
import { command, heading, say, table } from './screen';

const ROWS = 200_000;
const BETWEEN_MS = 5;

const CHANGE: Change = { kind: 'addIndex', table: 'account', columns: ['email'], unique: true };

/** A unique index on a table that a client goes on writing to, and how long the client had to wait. */
export async function tellOfOnline(db: Knex, signal: AbortSignal): Promise<void> {
  heading(`A unique index on ${ROWS.toLocaleString('en')} rows, beside a client`);
  const account = {
    table: 'account',
    fields: [
      { name: 'id', type: 'Int', identity: true },
      { name: 'email', type: 'String' },
    ],
  } as const;
  await createModel(ORG, account, db, QUIET);
  const rows = db.raw(`select n || '@example.com' from generate_series(1, ?) as n`, [ROWS]);
  await db(db.raw('?? (??)', [`${ORG}.account`, 'email'])).insert(rows);
  signal.throwIfAborted();

  const client = clientOf(db);
  const { stages, durationMs } = await applyOnline(ORG, CHANGE, db, { ...QUIET, signal }).finally(client.stop);
  const { writes, longestMs } = await client.ended;
  table(
    ['stage', 'ms'],
    stages.map(({ name, durationMs: ms }) => [name, String(ms)]),
  );
  say(
    `${durationMs} ms in all. While it ran, a client made ${writes} inserts; the slowest took ${longestMs} ms. ` +
      'On your own database:',
  );
  command(`tenant-ddl online apply changes.json --org ${ORG}`);
}

interface Client {
  readonly stop: () => void;
  readonly ended: Promise<{ readonly writes: number; readonly longestMs: number }>;
}

/** Inserts a row, waits a moment, and does it again, until it is stopped. */
function clientOf(db: Knex): Client {
  let isStopped = false;
  const run = async (): Promise<{ writes: number; longestMs: number }> => {
    let [writes, longestMs] = [0, 0];
    while (!isStopped) {
      const startedAt = performance.now();
      await db('account')
        .withSchema(ORG)
        .insert({ email: `client-${writes}@example.com` });
      longestMs = Math.max(longestMs, Math.round(performance.now() - startedAt));
      writes += 1;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
    return { writes, longestMs };
  };
  return { stop: () => (isStopped = true), ended: run() };
}

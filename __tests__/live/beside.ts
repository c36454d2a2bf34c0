// What else happens on the server while a table is changed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Client } from 'pg';
import { TABLE } from './tables';

const LOOK_EVERY_MS = 50;
const AUTOVACUUM_WITHIN_MS = 60_000;

/** Switches the table's autovacuum on, and waits until it is under way. Needs `autovacuum_naptime` of a second. */
export async function startAutovacuum(db: Knex): Promise<void> {
  await db.raw(`alter table ${TABLE} set (autovacuum_enabled = true)`);
  const until = performance.now() + AUTOVACUUM_WITHIN_MS;
  while (performance.now() < until) {
    const { rows } = await db.raw(`select from pg_stat_progress_vacuum where relid = '${TABLE}'::regclass`);
    if (rows.length > 0) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error('No autovacuum of the table began. Is autovacuum_naptime a second?');
}

/**
 * A transaction in another schema that keeps its snapshot: CREATE INDEX CONCURRENTLY waits for it. Gives what ends it
 * before its time.
 */
export async function holdSnapshot(url: string, ms: number): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: url, application_name: 'live snapshot' });
  await client.connect();
  await client.query('begin isolation level repeatable read');
  await client.query('select count(*) from elsewhere.note');
  const stop = new AbortController();
  const ended = sleep(ms, undefined, { signal: stop.signal })
    .catch(() => undefined)
    .then(() => client.query('commit'))
    .then(() => client.end());
  return async () => {
    stop.abort();
    await ended;
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Fault } from '../fault';

/** One session has taken every slot of the server's lock table, for a while. */
export const lockTableFull: Fault = {
  inject: async (stage, { ms }) => {
    const hog = new Client({ connectionString: stage.server.url, application_name: 'chaos-hog' });
    hog.on('error', () => undefined);
    await hog.connect();
    let struck = false;
    await hog
      .query('select pg_advisory_lock(n) from generate_series(1, 1000000) n')
      .catch((error: { code?: string }) => {
        // A session's lock outlives the statement that failed.
        struck = error.code === '53200';
      });
    stage.trace.note(`FAULT lock table full for ${ms} ms`);
    const freed = sleep(ms).then(() => hog.end());
    return { hasStruck: () => struck, end: () => freed.catch(() => undefined) };
  },
};

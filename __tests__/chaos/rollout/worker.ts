// One process of a rollout under chaos: it calls rollOut, or works for one, until it is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { knex } from 'knex';
import { rollOut, workRollouts } from '../../../lib';
import { CHANGES, NAME, type WorkerTask } from './task';
import { startedBoss, twice } from './boss';

const IGNORE = { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined };

async function main({ url, bossUrl, connections, mode }: WorkerTask): Promise<void> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: connections + 1 }, log: IGNORE });
  const options = {
    logger: false,
    connections,
    retry: { maxAttempts: 5, delayMs: 10, maxDelayMs: 100 },
    lockTimeoutMs: 500,
    statementTimeoutMs: 3000,
    maxPerSecond: 8,
  } as const;
  const orgs = async (): Promise<string[]> => {
    const { rows } = await db.raw(`select nspname as org from pg_namespace where nspname like 't-%'`);
    return rows.map(({ org }: { org: string }) => org);
  };
  const spec = { name: NAME, changes: CHANGES };
  if (mode === 'work') {
    await workRollouts(await startedBoss(bossUrl), db, options);
    return;
  }
  const queue = mode === 'queue' ? twice(await startedBoss(bossUrl)) : undefined;
  for (;;) {
    try {
      const { ended } = await rollOut(spec, db, { ...options, orgs, queue, waves: [10, 100], stopAfter: false });
      // A canary that failed for the chaos alone is tried again.
      if (ended === 'finished') break;
    } catch {
      // The ledger could not be reached: the next call goes on.
      await sleep(50);
    }
  }
  await db.destroy();
  process.send?.('finished');
  process.exit(0);
}

// Without the harness there is nothing left to do.
process.on('disconnect', () => process.exit(1));

void main(JSON.parse(process.argv[2] ?? '') as WorkerTask);

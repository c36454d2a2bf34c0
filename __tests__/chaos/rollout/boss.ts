import { createRequire } from 'node:module';
import type { RolloutQueue } from '../../../lib';

interface PgBoss extends RolloutQueue {
  on(event: 'error', listener: () => void): unknown;
  start(): Promise<unknown>;
}

/** pg-boss, 10 or 12 (`PG_BOSS` is its path), started. */
export async function startedBoss(url: string): Promise<PgBoss> {
  type Class = new (options: object) => PgBoss;
  const loaded = createRequire(__filename)(process.env.PG_BOSS ?? 'pg-boss') as Class & { readonly PgBoss?: Class };
  const boss = new (loaded.PgBoss ?? loaded)({ connectionString: url, max: 2 });
  boss.on('error', () => undefined);
  await boss.start();
  return boss;
}

/** Delivers each job twice. */
export function twice(boss: PgBoss): RolloutQueue {
  return {
    createQueue: (name) => boss.createQueue(name),
    send: async (name, data) => {
      await boss.send(name, data);
      return boss.send(name, data);
    },
    work: (name, options, handler) => boss.work(name, options, handler),
    offWork: (name) => boss.offWork(name),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';
import { orgOf, withSession } from '../fault';

/**
 * A new model that refers to two tables has the first locked and wants the second; the other session has the second, and
 * then wants the first. Whose patience ends first is the one that PostgreSQL ends.
 */
export const deadlock: Fault = {
  needs: { change: 'createModel', references: ['anchor_b', 'anchor_a'], swallows: 'nothing', givesUp: false },
  inject: async (stage, { coin }) => {
    const org = orgOf(stage);
    let struck = false;
    let over = false;
    let session: Promise<void> = Promise.resolve();
    await new Promise<void>((held) => {
      session = withSession(stage, async (trx) => {
        await trx.raw(`set local deadlock_timeout = '${coin ? '1ms' : '10s'}'`);
        await trx.raw('lock table ??.anchor_b in access exclusive mode', [org]);
        held();
        const waits = 'select 1 from pg_locks where relation = ?::regclass and not granted';
        while ((await trx.raw(waits, [`"${org}".anchor_b`])).rows.length === 0) {
          if (over) return;
          await sleep(3);
        }
        struck = true;
        stage.trace.note(`FAULT deadlock, the ${coin ? 'other session' : 'change'} is to be the victim`);
        await trx.raw('lock table ??.anchor_a in access exclusive mode', [org]);
      }).finally(held);
    });
    return {
      hasStruck: () => struck,
      end: async () => {
        over = true;
        await session;
      },
    };
  },
};

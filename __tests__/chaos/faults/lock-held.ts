import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';
import { orgOf, withSession } from '../fault';

/** Another session has the tenant's table, for less time than a lock is waited for, or for more. */
export function lockHeld(mode: 'access share' | 'access exclusive'): Fault {
  return {
    needs: { change: 'addField' },
    inject: async (stage, { ms }) => {
      let struck = false;
      let holding: Promise<void> = Promise.resolve();
      await new Promise<void>((held) => {
        holding = withSession(stage, async (session) => {
          await session.raw(`lock table ??.base in ${mode} mode`, [orgOf(stage)]);
          stage.trace.note(`FAULT ${mode} lock held for ${ms} ms`);
          struck = true;
          held();
          await sleep(ms);
        }).finally(held);
      });
      return { hasStruck: () => struck, end: () => holding };
    },
  };
}

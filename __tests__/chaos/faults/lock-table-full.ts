import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';
import { fillLockTable } from '../lock-table';

/** One session has taken every slot of the server's lock table, for a while. */
export const lockTableFull: Fault = {
  inject: async (stage, { ms }) => {
    const letGo = await fillLockTable(stage.server.url);
    stage.trace.note(`FAULT lock table full for ${ms} ms`);
    const freed = sleep(ms).then(letGo);
    return { hasStruck: () => true, end: () => freed };
  },
};

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';

/** The service's pool has no connection to give for a while, shorter or longer than one is waited for. */
export const poolFull: Fault = {
  inject: async (stage, { ms }) => {
    const client = stage.services[stage.tasks[0]?.service ?? 0]?.client;
    const size: number = client.pool.max;
    const taken = await Promise.allSettled(Array.from({ length: size }, () => client.acquireConnection()));
    const connections = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value as object] : []));
    stage.trace.note(`FAULT pool full for ${ms * 2} ms`);
    const released = sleep(ms * 2).then(() => connections.forEach((one) => client.releaseConnection(one)));
    return { hasStruck: () => connections.length === size, end: () => released };
  },
};

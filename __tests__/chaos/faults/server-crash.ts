import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';
import { atNth, COMMIT } from './cuts';

/** The server is stopped as by a power cut, before it has a COMMIT, while it is at it, or before it can answer; then started again. */
export const serverCrash: Fault = {
  inject: async (stage, plan) => {
    const { server } = stage;
    let started: Promise<void> | undefined;
    const crashed = async (): Promise<void> => {
      await server.crash();
      started = sleep(plan.ms / 4).then(() => server.start());
    };
    const crash = atNth(stage, plan, COMMIT, async (exchange) => {
      if (plan.ms % 3 === 0) await exchange.ask();
      if (plan.ms % 3 === 1) await Promise.all([exchange.ask(), crashed()]);
      else await crashed();
      if (plan.coin) exchange.cut(plan.how);
    });
    return {
      hasStruck: crash.hasStruck,
      end: async () => {
        await crash.end();
        await started;
      },
    };
  },
};

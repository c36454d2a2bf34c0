import type { Fault } from '../fault';
import { atNth, COMMIT } from './cuts';

/** The server is restarted in order, with a checkpoint, before it has a COMMIT or before its answer has arrived. */
export const cleanRestart: Fault = {
  inject: async (stage, plan) =>
    atNth(stage, plan, COMMIT, async (exchange) => {
      if (plan.coin) await exchange.ask();
      await stage.server.shutDown();
      await stage.server.start();
      exchange.cut(plan.how);
    }),
};

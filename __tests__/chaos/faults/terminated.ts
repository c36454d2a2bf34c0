import type { Fault } from '../fault';
import { atNth } from './cuts';

/** Somebody ends a session, before a question of it or while the server is at it. */
export const terminated: Fault = {
  inject: async (stage, plan) =>
    // Among the first dozen questions of a round are all kinds.
    atNth(stage, { ...plan, nth: 1 + (plan.ms % 12) }, /./, async (exchange) => {
      const ended = stage.admin.raw('select pg_terminate_backend(?)', [exchange.pid]);
      // Where the server itself is gone, there is nothing to end.
      await Promise.allSettled(plan.coin ? [ended] : [ended, exchange.ask()]);
    }),
};

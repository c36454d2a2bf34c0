import { setTimeout as sleep } from 'node:timers/promises';
import { TIME_LIMITS } from '../time-limits';
import type { Fault } from '../fault';
import { atNth, COMMIT } from './cuts';

/** The answer to COMMIT takes its time, and comes whole. */
export const lateCommit: Fault = {
  inject: async (stage, plan) =>
    atNth(stage, plan, COMMIT, async (exchange) => {
      await exchange.ask();
      await sleep(plan.ms * 2);
    }),
};

/** The answer to COMMIT comes with bytes that are not the server's, and the connection then ends, or says no more. */
export const garbledCommit: Fault = {
  inject: async (stage, plan) =>
    atNth(stage, plan, COMMIT, async (exchange) => {
      await exchange.ask();
      exchange.answerGarbled(plan.ms);
      if (!plan.coin) await sleep(TIME_LIMITS.blackHoleMs);
      exchange.cut(plan.how);
    }),
};

/**
 * From COMMIT on nothing comes through, and no end of the connection either: neither the question nor the answer, or
 * only the question. It lasts longer than the library waits; then TCP would have noticed.
 */
export const swallowedCommit: Fault = {
  inject: async (stage, plan) =>
    atNth(stage, plan, COMMIT, async (exchange) => {
      if (plan.coin) await exchange.ask();
      stage.trace.note(`the ${plan.coin ? 'answer to' : 'question of'} COMMIT is swallowed`);
      await sleep(TIME_LIMITS.blackHoleMs);
      exchange.cut(plan.how);
    }),
};

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultPlan, Injected, Stage } from '../fault';
import type { Exchange } from '../proxy';
import type { Trace } from '../trace';

export const BEGIN = /^begin\b/i;
export const BATCH = /\b(?:create|alter) table\b/i;
export const COMMIT = /^commit\b/i;

/** Cuts at the nth question that looks so. */
export const cutBeforeBegin = cutAt(BEGIN, (exchange, { how }) => exchange.cut(how));

export const cutInsideBatch = cutAt(BATCH, async (exchange, { how, coin }) => {
  if (coin) exchange.askHalf();
  else {
    await exchange.ask();
    exchange.answerHalf();
  }
  exchange.cut(how);
});

export const cutAfterBatch = cutAt(BATCH, async (exchange, { how }) => {
  await exchange.ask();
  exchange.cut(how);
});

export const cutBeforeCommit = cutAt(COMMIT, (exchange, { how }) => exchange.cut(how));

/** For a while the transaction is in progress, and nobody can say what becomes of it. */
export const cutWithCommit = cutAt(COMMIT, async (exchange, { how, coin, ms }, trace) => {
  exchange.cutClient(how);
  await sleep(ms / 2);
  if (coin) await exchange.ask();
  trace.note(`the COMMIT of connection ${exchange.connection} ${coin ? 'arrived' : 'was lost'}`);
  exchange.cut(how);
});

export const cutAfterCommit = cutAt(COMMIT, async (exchange, { how }) => {
  await exchange.ask();
  exchange.cut(how);
});

type Strike = (exchange: Exchange, plan: FaultPlan, trace: Trace) => void | Promise<void>;

function cutAt(pattern: RegExp, cut: Strike): Fault {
  // Of many tasks, all but "rows only" send a batch.
  const needs = pattern === BATCH ? ({ change: 'addField' } as const) : {};
  return {
    needs,
    inject: async (stage, plan) => atNth(stage, plan, pattern, (exchange) => cut(exchange, plan, stage.trace)),
  };
}

/** Strikes once, at the nth question of the round that looks so. */
export function atNth(
  { proxy, trace }: Stage,
  { name, nth }: FaultPlan,
  pattern: RegExp,
  strike: (exchange: Exchange) => void | Promise<void>,
): Injected {
  let seen = 0;
  let striking: void | Promise<void>;
  const remove = proxy.onExchange((exchange) => {
    if (!pattern.test(exchange.sql)) return;
    seen += 1;
    if (seen !== nth) return;
    trace.note(`FAULT ${name}, connection ${exchange.connection}, process ${exchange.pid}`);
    striking = strike(exchange);
    return striking;
  });
  return {
    hasStruck: () => seen >= nth,
    end: async () => {
      remove();
      await striking;
    },
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange, Proxy } from '../proxy';
import type { Random } from '../random';

/** What becomes of one question of a command. */
export const STRIKES: Readonly<Record<string, (exchange: Exchange, random: Random) => void | Promise<void>>> = {
  'cut before': (exchange, random) => exchange.cut(howOf(random)),
  'cut inside': (exchange, random) => {
    exchange.askHalf();
    exchange.cut(howOf(random));
  },
  'cut within the answer': async (exchange, random) => {
    await exchange.ask();
    exchange.answerHalf();
    exchange.cut(howOf(random));
  },
  'cut after': async (exchange, random) => {
    await exchange.ask();
    exchange.cut(howOf(random));
  },
  garbled: async (exchange, random) => {
    await exchange.ask();
    exchange.answerGarbled(random.int(0, 10_000));
    await sleep(20);
    exchange.cut(howOf(random));
  },
  /** Until TCP notices. */
  'black hole': async (exchange, random) => {
    if (random.chance(0.5)) await exchange.ask();
    await sleep(200);
    exchange.cut(howOf(random));
  },
};

function howOf(random: Random): 'reset' | 'end' {
  return random.chance(0.5) ? 'reset' : 'end';
}

/** Strikes at the nth question that comes through, whatever its connection; says whether it came. */
export function strikeAt(
  proxy: Proxy,
  name: string,
  nth: number,
  random: Random,
): { hasStruck: () => boolean; end: () => void } {
  let count = 0;
  const remove = proxy.onExchange(async (exchange) => {
    count += 1;
    if (count === nth) await STRIKES[name]?.(exchange, random);
  });
  return { hasStruck: () => count >= nth, end: remove };
}

/** Takes no connection, for as long as a command runs. */
export function refuseAll(proxy: Proxy): { hasStruck: () => boolean; end: () => void } {
  let count = 0;
  const remove = proxy.onConnect(() => {
    count += 1;
    return true;
  });
  return { hasStruck: () => count > 0, end: remove };
}

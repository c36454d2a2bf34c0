import type { Fault } from '../fault';
import { COMMIT } from './cuts';

/** One byte of an encrypted COMMIT, or of its answer, is changed on its way: neither side takes a record that is not whole. */
export const tlsDamaged: Fault = {
  inject: async ({ tls, trace }, { nth, coin, ms }) => {
    const side = coin ? 'question' : 'answer';
    const strike = tls?.strikeAt(COMMIT, nth, { side, which: ms });
    if (strike !== undefined) trace.note(`FAULT TLS, COMMIT number ${nth}, its ${side} is to be damaged`);
    return {
      hasStruck: () => strike?.hasStruck() ?? false,
      end: async () => strike?.end(),
    };
  },
};

import type { Fault } from '../fault';
import { atNth, BATCH, COMMIT } from './cuts';

/** Every connection is lost at a COMMIT or a batch, and then the first attempts to connect again, or their first question. */
export const cutDuringReconnect: Fault = {
  needs: { change: 'addField' },
  inject: async (stage, plan) => {
    const { proxy, trace } = stage;
    let left = 0;
    let struck = false;
    const strikes = (): boolean => {
      if (left === 0) return false;
      left -= 1;
      struck = true;
      return true;
    };
    const removeConnect = proxy.onConnect(() => {
      if (plan.coin || !strikes()) return false;
      trace.note('FAULT connection refused');
      return true;
    });
    const removeFirst = proxy.onExchange((exchange) => {
      if (!plan.coin || exchange.number > 1 || !strikes()) return;
      trace.note(`FAULT connection ${exchange.connection} cut at its first question: ${exchange.sql}`);
      exchange.cut(plan.how);
    });
    const cut = atNth(stage, { ...plan, nth: 1 }, plan.ms % 2 === 0 ? COMMIT : BATCH, async (exchange) => {
      await exchange.ask();
      left = plan.nth;
      exchange.cut(plan.how);
      proxy.cutAll();
    });
    return {
      hasStruck: () => struck,
      end: async () => {
        removeConnect();
        removeFirst();
        await cut.end();
      },
    };
  },
};

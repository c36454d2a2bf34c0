import { CHANGES, runTraced, type ChangeTrace } from '../../../lib/run/channels';

const TRACE: ChangeTrace = { org: 'acme-corp', operations: ['DROP TABLE'], tables: ['invoice'], inTransaction: false };

it('makes nothing to publish where nobody has subscribed', async () => {
  const traceOf = jest.fn(() => TRACE);
  const publish = jest.spyOn(CHANGES, 'tracePromise');
  await expect(runTraced(CHANGES, traceOf, (trace) => Promise.resolve(trace))).resolves.toBeUndefined();
  expect(traceOf).not.toHaveBeenCalled();
  expect(publish).not.toHaveBeenCalled();
});

it.each(['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const)(
  'publishes for a subscriber of %s',
  async (event) => {
    const traceOf = jest.fn(() => ({ ...TRACE }));
    const heard = jest.fn();
    CHANGES[event].subscribe(heard);
    try {
      const work = event === 'error' ? Promise.reject.bind(Promise, new Error('no')) : () => Promise.resolve('done');
      await runTraced(CHANGES, traceOf, work).catch(() => undefined);
    } finally {
      CHANGES[event].unsubscribe(heard);
    }
    expect(traceOf).toHaveBeenCalledTimes(1);
    expect(heard).toHaveBeenCalledTimes(1);
  },
);

import {
  MigrationError,
  withDbRetry,
  type ErrorCode,
  type RetryEvent,
  type RetryOptions,
  type RetryScope,
} from '../../../lib';
import { rejection } from '../../support/rejection';

const deadlock = (message = 'deadlock detected'): Error => Object.assign(new Error(message), { code: '40P01' });
const duplicate = (): Error => Object.assign(new Error('duplicate column'), { code: '42701' });

/** Fails as often as there are errors, then resolves. */
function failing(...errors: unknown[]): jest.Mock<Promise<string>, []> {
  const work = jest.fn<Promise<string>, []>();
  for (const error of errors) work.mockRejectedValueOnce(error);
  return work.mockResolvedValue('done');
}

afterEach(() => jest.restoreAllMocks());

describe('withDbRetry', () => {
  it('gives what the work gives, which runs once', async () => {
    const work = failing();
    expect(await withDbRetry(work)).toBe('done');
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('runs the work again after a failure that another attempt can cure', async () => {
    const work = failing(deadlock(), deadlock());
    expect(await withDbRetry(work, { delayMs: 0 })).toBe('done');
    expect(work).toHaveBeenCalledTimes(3);
  });

  it.each(['55P03', '40P01', '40001', '57P01', '57P02', '57P03', '08006', '53300', '25P03', '25P04'])(
    'repeats after %s',
    async (code) => {
      expect(await withDbRetry(failing({ code }), { delayMs: 0 })).toBe('done');
    },
  );

  it.each([
    '25P02',
    '57014',
    '53200',
    '55006',
    '2BP01',
    '42701',
    '42703',
    '42P07',
    '42P01',
    '3F000',
    '54011',
    '23502',
    '23505',
  ])('does not repeat after %s', async (code) => {
    const error = { code };
    const work = failing(error);
    expect(await rejection(withDbRetry(work, { delayMs: 0 }))).toBe(error);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it.each<[RetryScope, number]>([
    ['savepoint', 2],
    ['transaction', 2],
    ['connection', 2],
    ['none', 1],
  ])("goes by a MigrationError's own scope, %s, and not by its cause", async (retryScope, attempts) => {
    const cause = retryScope === 'none' ? deadlock() : duplicate();
    const code: ErrorCode = 'DATABASE_ERROR';
    const work = failing(new MigrationError('What happened', { code, retryScope, cause }));
    await withDbRetry(work, { delayMs: 0 }).catch(() => undefined);
    expect(work).toHaveBeenCalledTimes(attempts);
  });

  it('throws the last error as it is', async () => {
    const errors = [deadlock('first'), deadlock('second'), deadlock('third')];
    expect(await rejection(withDbRetry(failing(...errors), { delayMs: 0 }))).toBe(errors[2]);
    const [first, second] = [deadlock(), duplicate()];
    expect(await rejection(withDbRetry(failing(first, second), { delayMs: 0 }))).toBe(second);
  });

  it.each([undefined, null, 'a text', 0])('throws %p as it is', async (thrown) => {
    expect(await rejection(withDbRetry(failing(thrown)))).toBe(thrown);
  });

  it('throws what the work throws before it gives a promise', async () => {
    const error = duplicate();
    const work = (): never => {
      throw error;
    };
    expect(await rejection(withDbRetry(work))).toBe(error);
  });

  it.each([
    [1, 1],
    [2, 2],
    [5, 5],
  ])('makes at most maxAttempts, %i', async (maxAttempts, expected) => {
    const work = failing(...Array.from({ length: 10 }, () => deadlock()));
    await rejection(withDbRetry(work, { maxAttempts, delayMs: 0 }));
    expect(work).toHaveBeenCalledTimes(expected);
  });

  it('makes three where nothing is said', async () => {
    const work = failing(...Array.from({ length: 10 }, () => deadlock()));
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await rejection(withDbRetry(work));
    expect(work).toHaveBeenCalledTimes(3);
  });
});

describe('the wait', () => {
  /** What onRetry is told, until the attempts are used up. */
  async function waits(options: RetryOptions): Promise<RetryEvent[]> {
    const events: RetryEvent[] = [];
    const work = failing(...Array.from({ length: 20 }, () => deadlock()));
    await rejection(withDbRetry(work, { ...options, onRetry: (event) => events.push(event) }));
    return events;
  }

  it('is at most delayMs, doubled each time, and never more than maxDelayMs', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    const events = await waits({ maxAttempts: 7, delayMs: 2, maxDelayMs: 20 });
    expect(events.map(({ delayMs }) => delayMs)).toEqual([2, 4, 8, 16, 20, 20]);
  });

  it('can be nothing at all: the jitter is full', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const events = await waits({ maxAttempts: 4, delayMs: 1000, maxDelayMs: 30_000 });
    expect(events.map(({ delayMs }) => delayMs)).toEqual([0, 0, 0]);
  });

  it('is anything between', async () => {
    const seen = new Set<number>();
    for (let run = 0; run < 200; run += 1) {
      for (const { delayMs } of await waits({ maxAttempts: 2, delayMs: 3 })) seen.add(delayMs);
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });

  it('stays within maxDelayMs however many attempts there were', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    const events = await waits({ maxAttempts: 20, delayMs: 1, maxDelayMs: 1 });
    expect(events.map(({ delayMs }) => delayMs)).toEqual(Array.from({ length: 19 }, () => 1));
  });

  it('is told to onRetry before it begins, with the error and the attempt that failed', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const errors = [deadlock('first'), deadlock('second')];
    const order: unknown[] = [];
    const work = failing(...errors);
    await withDbRetry(
      () => {
        order.push('work');
        return work();
      },
      { delayMs: 4, onRetry: (event) => order.push(event) },
    );
    expect(order).toEqual([
      'work',
      { error: errors[0], attempt: 1, delayMs: 2 },
      'work',
      { error: errors[1], attempt: 2, delayMs: 4 },
      'work',
    ]);
  });

  it('is not told of where none follows', async () => {
    const onRetry = jest.fn();
    await rejection(withDbRetry(failing(duplicate()), { onRetry }));
    await rejection(withDbRetry(failing(deadlock()), { onRetry, maxAttempts: 1 }));
    expect(onRetry).not.toHaveBeenCalled();
  });
});

describe('deadlineMs', () => {
  it('begins no attempt that would come later', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
    const onRetry = jest.fn();
    const error = deadlock();
    const work = failing(error);
    // The wait would be a minute.
    expect(
      await rejection(withDbRetry(work, { delayMs: 60_000, maxDelayMs: 60_000, deadlineMs: 30_000, onRetry })),
    ).toBe(error);
    expect(work).toHaveBeenCalledTimes(1);
    expect(onRetry).not.toHaveBeenCalled();
  });

  it('counts from the beginning, the work itself included', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const now = jest.spyOn(performance, 'now');
    const work = jest.fn(async () => {
      now.mockReturnValue(10_000);
      throw deadlock();
    });
    now.mockReturnValue(0);
    await rejection(withDbRetry(work, { deadlineMs: 9_999 }));
    expect(work).toHaveBeenCalledTimes(1);
    now.mockReturnValue(0);
    await rejection(withDbRetry(work, { deadlineMs: 10_000 }));
    expect(work).toHaveBeenCalledTimes(1 + 3);
  });

  it('of zero is a value: the first attempt is the only one', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    const work = failing(deadlock());
    await rejection(withDbRetry(work, { deadlineMs: 0, delayMs: 10 }));
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('takes nothing from work that succeeds', async () => {
    expect(await withDbRetry(failing(), { deadlineMs: 0 })).toBe('done');
  });
});

describe('a signal', () => {
  it('that was aborted before begins nothing, which is told with its reason', async () => {
    const work = failing();
    const reason = new Error('The service stops');
    const error = await rejection(withDbRetry(work, { signal: AbortSignal.abort(reason) }));
    expect(error).toBeInstanceOf(MigrationError);
    expect(error).toMatchObject({ code: 'ABORTED', cause: reason });
    expect(work).not.toHaveBeenCalled();
  });

  it('that is aborted while the work runs leaves it its time, and begins no other attempt', async () => {
    const controller = new AbortController();
    const error = deadlock();
    const onRetry = jest.fn();
    const work = jest.fn(async () => {
      controller.abort();
      throw error;
    });
    expect(await rejection(withDbRetry(work, { signal: controller.signal, delayMs: 0, onRetry }))).toBe(error);
    expect(work).toHaveBeenCalledTimes(1);
    expect(onRetry).not.toHaveBeenCalled();
  });

  it('that is aborted while the work runs takes nothing from its success', async () => {
    const controller = new AbortController();
    const work = async (): Promise<string> => {
      controller.abort();
      return 'done';
    };
    expect(await withDbRetry(work, { signal: controller.signal })).toBe('done');
  });

  it.each(['at once', 'later'])(
    'that is aborted during the wait, %s, ends it with the error of the work',
    async (when) => {
      jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
      const controller = new AbortController();
      const error = deadlock();
      const work = failing(error);
      // Without the wait there would be a second attempt; without the signal a wait of five minutes.
      const options = {
        delayMs: 300_000,
        maxDelayMs: 300_000,
        signal: controller.signal,
        onRetry: () => void (when === 'at once' ? controller.abort() : setImmediate(() => controller.abort())),
      };
      expect(await rejection(withDbRetry(work, options))).toBe(error);
      expect(work).toHaveBeenCalledTimes(1);
    },
  );

  it('has no listeners left when it is over', async () => {
    const controller = new AbortController();
    const add = jest.spyOn(controller.signal, 'addEventListener');
    const remove = jest.spyOn(controller.signal, 'removeEventListener');
    await withDbRetry(failing(deadlock(), deadlock()), { signal: controller.signal, delayMs: 1 });
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});

it.each<[string, object, string]>([
  ['maxAttempts 0', { maxAttempts: 0 }, 'options.maxAttempts: must be a whole number from 1 to 2147483647'],
  ['delayMs -1', { delayMs: -1 }, 'options.delayMs: must be a whole number from 0 to 2147483647'],
  ['an unknown key', { retries: 3 }, 'options.retries: unknown key'],
])('refuses %s before the work begins', async (_what, options, message) => {
  const work = failing();
  expect(await rejection(withDbRetry(work, options))).toMatchObject({
    name: 'MigrationError',
    code: 'INVALID_SPEC',
    message,
  });
  expect(work).not.toHaveBeenCalled();
});

import { heard } from '../../../lib/options/heard';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let warned: jest.SpyInstance;

beforeEach(() => {
  warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

afterEach(() => warned.mockRestore());

const failure = new Error('the collector is down');

it.each<[string, () => unknown]>([
  [
    'throws',
    () => {
      throw failure;
    },
  ],
  ['is async and rejects', async () => Promise.reject(failure)],
  [
    'gives a thenable that rejects',
    () => ({ then: (_done: unknown, failed: (error: Error) => void) => failed(failure) }),
  ],
  [
    'gives a thenable that throws',
    () => ({
      then: () => {
        throw failure;
      },
    }),
  ],
])('warns of a callback that %s', async (_how, callback) => {
  const unheard = jest.fn();
  process.on('unhandledRejection', unheard);
  try {
    heard(callback);
    await nextTurn();
    expect(warned.mock.calls).toEqual([[expect.stringContaining('the collector is down'), 'tenant-ddl']]);
    expect(unheard).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unheard);
  }
});

it('warns of what was thrown, though it has no text', () => {
  heard(() => {
    throw Object.create(null);
  });
  expect(warned).toHaveBeenCalledTimes(1);
});

it('gives what the callback gives, and warns of nothing', async () => {
  expect(heard(() => 42)).toBe(42);
  void heard(async () => 42);
  await nextTurn();
  expect(warned).not.toHaveBeenCalled();
});

import type { ChangeOptions, MigrationError } from '../../../lib';
import { defaultLogger } from '../../../lib/options/logger';
import { defaultsOf, type OptionTable } from '../../../lib/options/option';
import { DEFAULTS, ONLINE_OPTIONS, TENANT_OPTIONS } from '../../../lib/options/options';
import { ROLLOUT_OPTIONS } from '../../../lib/rollout/rollout-options';
import { retrySettingsOf, settled, settingsOf } from '../../../lib/options/settings';
import { quiet } from '../../support/log';

const ALL = {
  lockTimeoutMs: 5,
  statementTimeoutMs: 50,
  retry: { maxAttempts: 7, delayMs: 8, maxDelayMs: 9, deadlineMs: 10, signal: AbortSignal.abort(), onRetry: jest.fn() },
  logger: quiet,
  sharedSchemas: ['lookup'],
  hazards: 'refuse',
  turn: 'start',
} as const;

function faults(options: unknown, inherited?: Parameters<typeof settingsOf>[1]): string[] {
  try {
    settingsOf(options as ChangeOptions, inherited);
  } catch (error) {
    const { code, faults: found = [], message } = error as MigrationError;
    expect(code).toBe('INVALID_SPEC');
    const lines = found.map((fault) => `${fault.path}: ${fault.message}`);
    expect(message).toBe(lines.join('; '));
    return lines;
  }
  throw new Error('It was accepted, and should have been refused.');
}

describe('the defaults', () => {
  it('are those of the design', () => {
    const settings = {
      lockTimeoutMs: 900,
      statementTimeoutMs: 30_000,
      retry: {
        maxAttempts: 3,
        delayMs: 1000,
        maxDelayMs: 30_000,
        deadlineMs: undefined,
        signal: undefined,
        onRetry: undefined,
      },
      logger: defaultLogger(),
      sharedSchemas: ['public'],
      hazards: 'warn',
      turn: 'change',
    };
    expect(settingsOf()).toEqual(settings);
    expect(settingsOf({})).toEqual(settings);
    expect(retrySettingsOf()).toEqual(settings.retry);
  });

  it('stand for what is undefined', () => {
    const none = { lockTimeoutMs: undefined, retry: { maxAttempts: undefined }, sharedSchemas: undefined };
    expect(settingsOf(none)).toEqual(settingsOf());
  });

  it.each([
    ['a tenant', TENANT_OPTIONS],
    ['an online change', ONLINE_OPTIONS],
    ['a rollout', ROLLOUT_OPTIONS],
  ])('of %s would be accepted if they were given, since they are not checked', (_whose, table: OptionTable) => {
    expect(() => settled(table, defaultsOf(table))).not.toThrow();
  });

  it('make one logger, when it is first needed', () => {
    expect(settingsOf().logger).toBe(settingsOf().logger);
    expect(settingsOf({ logger: quiet }).logger).toBe(quiet);
  });
});

describe('options', () => {
  it('stand over what is inherited, and that over the defaults', () => {
    const inherited = settingsOf(ALL);
    expect(inherited).toEqual(ALL);
    expect(settingsOf({}, inherited)).toEqual(ALL);
    expect(settingsOf({ lockTimeoutMs: 6, retry: { delayMs: 11 } }, inherited)).toEqual({
      ...ALL,
      lockTimeoutMs: 6,
      retry: { ...ALL.retry, delayMs: 11 },
    });
    expect(DEFAULTS.lockTimeoutMs).toBe(900);
  });

  it('take zero for a value', () => {
    const inherited = settingsOf(ALL);
    const retry = { delayMs: 0, maxDelayMs: 0, deadlineMs: 0 };
    expect(settingsOf({ retry }, inherited).retry).toEqual({ ...ALL.retry, ...retry });
    expect(retrySettingsOf(retry)).toMatchObject(retry);
    expect(settingsOf({ sharedSchemas: [] }, inherited).sharedSchemas).toEqual([]);
  });

  it('take one policy on hazards for all kinds, or one each', () => {
    for (const hazards of ['refuse', 'allow', {}, { scan: 'refuse', rewrite: undefined, rename: 'allow' }] as const) {
      expect(settingsOf({ hazards }).hazards).toEqual(hazards);
    }
  });

  it('take a list of no shared schemas, and the largest time', () => {
    const times = { lockTimeoutMs: 2 ** 31 - 2, statementTimeoutMs: 2 ** 31 - 1 };
    expect(settingsOf(times)).toMatchObject(times);
    expect(settingsOf({ lockTimeoutMs: 1, statementTimeoutMs: 2 })).toMatchObject({ lockTimeoutMs: 1 });
  });

  it.each([null, undefined])('may be %p', (none) => {
    expect(settingsOf(none)).toEqual(settingsOf());
    expect(settingsOf({ retry: none as never })).toEqual(settingsOf());
    expect(retrySettingsOf(none)).toEqual(settingsOf().retry);
  });

  const TIME = 'must be a whole number from 1 to 2147483647';
  const FROM_ZERO = 'must be a whole number from 0 to 2147483647';
  const METHODS = 'options.logger: must have the methods debug, info, warn, error';

  it.each<[string, unknown, string[]]>([
    ['a lock timeout of zero, which is none', { lockTimeoutMs: 0 }, [`options.lockTimeoutMs: ${TIME}`]],
    ['a statement timeout of zero', { statementTimeoutMs: 0 }, [`options.statementTimeoutMs: ${TIME}`]],
    ['a negative time', { lockTimeoutMs: -1 }, [`options.lockTimeoutMs: ${TIME}`]],
    ['a fraction', { lockTimeoutMs: 1.5 }, [`options.lockTimeoutMs: ${TIME}`]],
    ['NaN', { statementTimeoutMs: NaN }, [`options.statementTimeoutMs: ${TIME}`]],
    ['Infinity', { statementTimeoutMs: Infinity }, [`options.statementTimeoutMs: ${TIME}`]],
    ['a text for a time', { lockTimeoutMs: '5s' }, [`options.lockTimeoutMs: ${TIME}`]],
    ['more than setTimeout takes', { statementTimeoutMs: 2 ** 31 }, [`options.statementTimeoutMs: ${TIME}`]],
    ['a key that is none', { lockTimeout: 5 }, ['options.lockTimeout: unknown key']],
    ['a key that every object has', { toString: 5 }, ['options.toString: unknown key']],
    ['a key of retry that is none', { retry: { retries: 5 } }, ['options.retry.retries: unknown key']],
    ['no attempt at all', { retry: { maxAttempts: 0 } }, [`options.retry.maxAttempts: ${TIME}`]],
    ['endless attempts', { retry: { maxAttempts: Infinity } }, [`options.retry.maxAttempts: ${TIME}`]],
    ['a negative wait', { retry: { delayMs: -1 } }, [`options.retry.delayMs: ${FROM_ZERO}`]],
    ['a negative longest wait', { retry: { maxDelayMs: -1 } }, [`options.retry.maxDelayMs: ${FROM_ZERO}`]],
    ['a deadline in the past', { retry: { deadlineMs: -1 } }, [`options.retry.deadlineMs: ${FROM_ZERO}`]],
    ['a signal that is none', { retry: { signal: {} } }, ['options.retry.signal: must be an AbortSignal']],
    ['a onRetry that is none', { retry: { onRetry: 'log' } }, ['options.retry.onRetry: must be a function']],
    ['a policy that is none', { hazards: 'ignore' }, ['options.hazards: must be one of refuse, warn, allow']],
    [
      'shared schemas that are no list',
      { sharedSchemas: 'public' },
      ['options.sharedSchemas: must be a list of schema names'],
    ],
    [
      'a shared schema of the system',
      { sharedSchemas: ['pg_catalog'] },
      ['options.sharedSchemas[0]: is a schema of PostgreSQL itself'],
    ],
    ['an empty name', { sharedSchemas: ['public', ''] }, ['options.sharedSchemas[1]: must not be empty']],
    ['a logger that lacks a method', { logger: { debug: jest.fn(), info: jest.fn(), warn: jest.fn() } }, [METHODS]],
    ['a logger that is a text', { logger: 'console' }, [METHODS]],
    ['a text for options', 'fast', ['options: must be an object']],
    ['a number for retry', { retry: 3 }, ['options.retry: must be an object']],
  ])('are refused with %s', (_what, options, expected) => {
    expect(faults(options)).toEqual(expected);
  });

  it('are told of every fault at once', () => {
    const wrong = {
      lockTimeoutMs: 0,
      timeout: 1,
      retry: { delayMs: -1, wait: 1 },
      sharedSchemas: [7],
      hazards: 1,
      turn: 1,
    };
    expect(faults(wrong)).toHaveLength(7);
  });

  it('are judged after merging: the lock timeout stays below the statement timeout, wherever both come from', () => {
    const below = (statementTimeoutMs: number): string[] => [
      `options.lockTimeoutMs: must be below statementTimeoutMs (${statementTimeoutMs})`,
    ];
    expect(faults({ lockTimeoutMs: 30_000 })).toEqual(below(30_000));
    expect(faults({ statementTimeoutMs: 900 })).toEqual(below(900));
    expect(faults({ lockTimeoutMs: 6, statementTimeoutMs: 5 })).toEqual(below(5));
    expect(faults({ lockTimeoutMs: 50 }, settingsOf(ALL))).toEqual(below(50));
    expect(settingsOf({ statementTimeoutMs: 900 }, settingsOf(ALL))).toMatchObject({ lockTimeoutMs: 5 });
    expect(settingsOf({ lockTimeoutMs: 29_999 })).toMatchObject({ statementTimeoutMs: 30_000 });
  });
});

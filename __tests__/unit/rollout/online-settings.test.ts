// The option `online` of a rollout: off, its defaults, or options of it.
import type { MigrationError, RolloutOptions } from '../../../lib';
import { onlineSettingsIn, rolloutSettingsOf } from '../../../lib/rollout/rollout-settings';
import { quiet } from '../../support/log';

const DEFAULTS = { fromRows: 50_000, lockTimeoutMs: 200, stageTimeoutMs: 43_200_000, batchMs: 50 };

it.each<[RolloutOptions['online'], object | undefined]>([
  [undefined, undefined],
  [false, undefined],
  [true, DEFAULTS],
  [{}, DEFAULTS],
  [{ fromRows: 0 }, { ...DEFAULTS, fromRows: 0 }],
])('is off, or has its defaults: %j', (online, expected) => {
  expect(rolloutSettingsOf({ online }).online).toEqual(expected);
});

it.each<[unknown, string]>([
  ['yes', 'options.online: must be true, false or an object'],
  [{ fromRow: 1 }, 'options.online.fromRow: unknown key; did you mean "fromRows"?'],
  [{ lockTimeoutMs: 30_000 }, 'options.online.lockTimeoutMs: must be below statementTimeoutMs (30000)'],
])('is refused with its path: %j', (online, message) => {
  let error: unknown;
  try {
    rolloutSettingsOf({ online } as RolloutOptions);
  } catch (thrown) {
    error = thrown;
  }
  expect((error as MigrationError).message).toContain(message);
});

it('gives a stage its own lock timeout and attempts, and everything else of the rollout', () => {
  const { signal } = new AbortController();
  const given = { online: true, lockTimeoutMs: 700, statementTimeoutMs: 9000, retry: false, logger: quiet } as const;
  const settings = onlineSettingsIn(rolloutSettingsOf(given), signal);
  expect(settings).toMatchObject({ lockTimeoutMs: 200, statementTimeoutMs: 9000, retry: { maxAttempts: 30 } });
  expect(settings.logger).toBe(quiet);
  expect(settings.signal).toBe(signal);
});

it.each<[RolloutOptions, number | undefined]>([
  [{ online: true }, undefined],
  [{ online: true, maxLagMs: 500 }, 500],
  [{ online: { maxLagMs: 200 } }, 200],
  [{ online: { maxLagMs: 200 }, maxLagMs: 500 }, 200],
])('waits in a stage for a standby as the stage says, or else as the rollout: %j', (given, maxLagMs) => {
  const settings = onlineSettingsIn(rolloutSettingsOf(given), new AbortController().signal);
  expect(settings.maxLagMs).toBe(maxLagMs);
});

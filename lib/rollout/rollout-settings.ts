import { randomInt } from 'node:crypto';
import type { Fault } from '../errors';
import { DEFAULTS, type OnlineSettings, type Settings } from '../options/options';
import { onlineSettingsOf, settled, timeoutFaults } from '../options/settings';
import { NEVER, ROLLOUT_OPTIONS, type RolloutOptions, type SettledOptions } from './rollout-options';

/** When a rollout stops by itself, with nothing left out. */
export type Rule = SettledOptions['stopAfter'];

/** With what is written down where it stops. */
export type NamedRule = Rule & { readonly reason?: 'canary' | 'failures' };

/** Options with nothing left out. */
export interface RolloutSettings extends Omit<SettledOptions, 'stopAfter' | 'seed'> {
  /** Those that apply to the change of a tenant. */
  readonly change: Settings;
  readonly stopAfter: Rule | undefined;
  readonly seed: number;
}

/** How long a tenant waits for another online change of its table: for as long as that one goes on. */
const NO_LIMIT_MS = Number.MAX_SAFE_INTEGER;

/** Those of an online change in a rollout; brief locks are tried for as often as in every online change. */
export function onlineSettingsIn(settings: RolloutSettings, signal: AbortSignal): OnlineSettings {
  const { change, online } = settings;
  const { retry, waitMs: _waitMs, ...defaults } = onlineSettingsOf({ logger: change.logger });
  const { onRetry } = change.retry;
  const maxLagMs = online?.maxLagMs ?? settings.maxLagMs;
  return {
    ...defaults,
    ...change,
    ...online,
    maxLagMs,
    retry: { ...retry, onRetry, signal },
    waitMs: NO_LIMIT_MS,
    signal,
  };
}

/** @throws MigrationError INVALID_SPEC that names every wrong option */
export function rolloutSettingsOf(given: RolloutOptions | null | undefined): RolloutSettings {
  const options = settled(ROLLOUT_OPTIONS, given, undefined, faultsTogether);
  const { seed, stopAfter, signal, retry } = options;
  return {
    ...options,
    seed: seed ?? randomInt(NEVER),
    stopAfter: stopAfter.failures === NEVER ? undefined : stopAfter,
    change: {
      ...options,
      retry: { ...retry, signal: retry.signal ?? signal },
      model: undefined,
      turn: DEFAULTS.turn,
    },
  };
}

/** Those of online changes have to be below the same limit. */
function faultsTogether(settings: SettledOptions, faults: readonly Fault[]): readonly Fault[] {
  const { online, statementTimeoutMs } = settings;
  const found = timeoutFaults(settings, faults);
  if (online === undefined || found.length > 0) return found;
  const { lockTimeoutMs } = online;
  return timeoutFaults({ lockTimeoutMs, statementTimeoutMs }, faults).map(({ message }) => ({
    path: 'options.online.lockTimeoutMs',
    message,
  }));
}

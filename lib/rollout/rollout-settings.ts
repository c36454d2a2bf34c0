import { randomInt } from 'node:crypto';
import { DEFAULTS, type Settings } from '../options/options';
import { settled, timeoutFaults } from '../options/settings';
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

/** @throws MigrationError INVALID_SPEC that names every wrong option */
export function rolloutSettingsOf(given: RolloutOptions | null | undefined): RolloutSettings {
  const options = settled(ROLLOUT_OPTIONS, given, undefined, timeoutFaults);
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

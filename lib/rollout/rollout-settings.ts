import { randomInt } from 'node:crypto';
import { didYouMean } from '../codec/hints';
import { MigrationError, type Fault } from '../errors';
import { shownBeginning } from '../errors/shown';
import type { ChangeOptions, Settings } from '../options/options';
import { settingsOf } from '../options/settings';
import { identifierFault } from '../sql/identifier';
import { QUEUE_METHODS, type RolloutQueue } from './queue-types';
import { ROLLOUT_DEFAULTS, type RolloutOptions, type StopRule } from './rollout-options';

/** Options with nothing left out. */
export interface RolloutSettings {
  readonly change: Settings;
  readonly orgs: RolloutOptions['orgs'];
  readonly connections: number;
  readonly canary: number | readonly string[];
  readonly waves: readonly number[];
  readonly bakeMs: number;
  readonly check: RolloutOptions['check'];
  readonly stopAfter: Rule | undefined;
  readonly maxPerSecond: number | undefined;
  readonly maxLagMs: number | undefined;
  readonly trial: number;
  readonly retryFailed: boolean;
  readonly seed: number;
  readonly onProgress: RolloutOptions['onProgress'];
  readonly queue: RolloutOptions['queue'];
  readonly signal: AbortSignal | undefined;
}

export interface Rule {
  readonly failures: number;
  readonly ratio: number;
  readonly of: number;
}

/** What is left when those are gone that are not set. */
type SetOptions = { readonly [K in keyof RolloutOptions]?: Exclude<RolloutOptions[K], undefined> };

const MAX = 2 ** 31 - 1;

/** What each option has to be. */
const CHECKS: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  orgs: (value) =>
    typeof value === 'function' || isIterable(value)
      ? undefined
      : 'must be a list of orgs, something that can be iterated, or a function that gives one',
  connections: whole(1),
  canary: (value) => (Array.isArray(value) ? namesFault(value) : whole(0)(value)),
  waves: (value) =>
    Array.isArray(value) && value.every((size) => whole(1)(size) === undefined)
      ? undefined
      : 'must be a list of whole numbers from 1',
  bakeMs: whole(0),
  check: aFunction,
  stopAfter: (value) =>
    value === false || (typeof value === 'object' && !Array.isArray(value)) ? undefined : 'must be an object, or false',
  maxPerSecond: (value) =>
    typeof value === 'number' && value > 0 && value <= MAX ? undefined : 'must be a number above 0',
  maxLagMs: whole(1),
  trial: whole(0),
  retryFailed: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  seed: whole(0),
  onProgress: aFunction,
  queue: (value) =>
    QUEUE_METHODS.every((method) => typeof (value as RolloutQueue)[method] === 'function')
      ? undefined
      : 'must be a started pg-boss, 10 or 12',
  signal: (value) =>
    typeof (value as AbortSignal).addEventListener === 'function' ? undefined : 'must be an AbortSignal',
};

const RULE_CHECKS: typeof CHECKS = {
  failures: whole(1),
  ratio: (value) =>
    typeof value === 'number' && value > 0 && value <= 1 ? undefined : 'must be a number above 0, up to 1',
  of: whole(1),
};

/**
 * Options over the defaults.
 *
 * @throws MigrationError INVALID_SPEC that names every wrong option
 */
export function rolloutSettingsOf(given: RolloutOptions | null | undefined): RolloutSettings {
  if (typeof (given ?? {}) !== 'object') throw invalid([{ path: 'options', message: 'must be an object' }]);
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const own = Object.fromEntries(set.filter(([name]) => Object.hasOwn(CHECKS, name))) as SetOptions;
  const others = Object.fromEntries(set.filter(([name]) => !Object.hasOwn(CHECKS, name)));
  const rule = Object.entries(own.stopAfter || {}).filter(([, value]) => value !== undefined && value !== null);
  const faults = [
    ...faultsIn(own, CHECKS, 'options'),
    ...unknownIn(others),
    ...faultsIn(Object.fromEntries(rule), RULE_CHECKS, 'options.stopAfter'),
  ];
  if (faults.length > 0) throw invalid(faults);
  const { signal } = own;
  const change = settingsOf(others);
  return {
    ...ROLLOUT_DEFAULTS,
    check: undefined,
    maxPerSecond: undefined,
    maxLagMs: undefined,
    onProgress: undefined,
    ...own,
    orgs: own.orgs,
    queue: own.queue,
    signal,
    seed: own.seed ?? randomInt(MAX),
    stopAfter: own.stopAfter === false ? undefined : mergedRule(own.stopAfter),
    change: { ...change, retry: { ...change.retry, signal: change.retry.signal ?? signal } },
  };
}

function mergedRule(given: StopRule | undefined): Rule {
  const { failures, ratio, of } = ROLLOUT_DEFAULTS.stopAfter;
  return { failures: given?.failures ?? failures, ratio: given?.ratio ?? ratio, of: given?.of ?? of };
}

/** Those of every change, which are checked as everywhere. */
const OF_CHANGES: Readonly<Record<keyof ChangeOptions, true>> = {
  lockTimeoutMs: true,
  statementTimeoutMs: true,
  retry: true,
  logger: true,
  sharedSchemas: true,
  hazards: true,
};

function unknownIn(others: object): readonly Fault[] {
  const known = [...Object.keys(CHECKS), ...Object.keys(OF_CHANGES)];
  const unknown = Object.keys(others).filter((key) => !Object.hasOwn(OF_CHANGES, key));
  return unknown.map((key) => ({
    path: `options.${shownBeginning(key)}`,
    message: `unknown key${didYouMean(key, known)}`,
  }));
}

function faultsIn(given: object, checks: typeof CHECKS, path: string): readonly Fault[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    const message = check === undefined ? `unknown key${didYouMean(key, Object.keys(checks))}` : check(value);
    return message === undefined ? [] : [{ path: `${path}.${shownBeginning(key)}`, message }];
  });
}

function invalid(faults: readonly Fault[]): MigrationError {
  const lines = faults.map(({ path, message }) => `${path}: ${message}`);
  return new MigrationError(lines.join('; '), { code: 'INVALID_SPEC', faults });
}

function whole(min: number): (value: unknown) => string | undefined {
  return (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= MAX
      ? undefined
      : `must be a whole number from ${min} to ${MAX}`;
}

function aFunction(value: unknown): string | undefined {
  return typeof value === 'function' ? undefined : 'must be a function';
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

function namesFault(names: readonly unknown[]): string | undefined {
  const fault = names.map((name) => identifierFault(name, 'org')).find((message) => message !== undefined);
  return fault === undefined ? undefined : `must be a list of orgs; one ${fault}`;
}

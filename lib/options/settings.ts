import { BOUNDS } from '../codec/bounds';
import { MigrationError, type Fault } from '../errors';
import { didYouMean } from '../codec/hints';
import { identifierFault, type Identifier } from '../sql/identifier';
import { defaultLogger, type Logger } from './logger';
import {
  DEFAULTS,
  HAZARD_POLICIES,
  TURNS,
  type RetryOptions,
  type RetrySettings,
  type Settings,
  type TenantOptions,
} from './options';
import { isPlainObject } from '../codec/plain-object';
import { HAZARD_KINDS } from '../plan/plan';
import { shownBeginning } from '../errors/shown';

/** The maximum of setTimeout, and of PostgreSQL's timeouts. */
const MAX_MS = 2 ** 31 - 1;

const OPTION_NAMES = [
  'lockTimeoutMs',
  'statementTimeoutMs',
  'retry',
  'logger',
  'sharedSchemas',
  'hazards',
  'model',
  'turn',
];
const RETRY_NAMES = ['maxAttempts', 'delayMs', 'maxDelayMs', 'deadlineMs', 'signal', 'onRetry'];

/**
 * Merges options over inherited ones over the defaults. The only place that merges. It validates the result, so
 * zero is a value, and a limit is compared with the one that it has to stay below.
 *
 * @throws MigrationError INVALID_SPEC that names every wrong option
 */
export function settingsOf(given?: TenantOptions | null, inherited?: Settings): Settings {
  const options = objectOf<TenantOptions>(given, 'options');
  const settings: Settings = {
    lockTimeoutMs: options.lockTimeoutMs ?? inherited?.lockTimeoutMs ?? DEFAULTS.lockTimeoutMs,
    statementTimeoutMs: options.statementTimeoutMs ?? inherited?.statementTimeoutMs ?? DEFAULTS.statementTimeoutMs,
    retry: mergedRetry(options.retry, inherited?.retry),
    logger: options.logger === false ? SILENT : (options.logger ?? inherited?.logger ?? defaultLogger()),
    sharedSchemas: copyOf(options.sharedSchemas ?? inherited?.sharedSchemas ?? DEFAULTS.sharedSchemas) as Identifier[],
    hazards: options.hazards ?? inherited?.hazards ?? DEFAULTS.hazards,
    turn: options.turn ?? inherited?.turn ?? DEFAULTS.turn,
  };
  const faults: Fault[] = [];
  findUnknownKeys(faults, options, OPTION_NAMES, 'options');
  findSettingFaults(faults, settings);
  findUnknownKeys(faults, options.retry || {}, RETRY_NAMES, 'options.retry');
  findRetryFaults(faults, settings.retry, 'options.retry');
  if (faults.length > 0) throw invalidOptions(faults);
  return settings;
}

/** The same for `withDbRetry`, which takes nothing else. */
export function retrySettingsOf(given?: RetryOptions | null): RetrySettings {
  const options = objectOf<RetryOptions>(given, 'options');
  const settings = mergedRetry(options);
  const faults: Fault[] = [];
  findUnknownKeys(faults, options, RETRY_NAMES, 'options');
  findRetryFaults(faults, settings, 'options');
  if (faults.length > 0) throw invalidOptions(faults);
  return settings;
}

/** The schemas that references can name, for planning, which has no other option. */
export function sharedSchemasOf(
  given?: { readonly sharedSchemas?: readonly string[] | undefined } | null,
): readonly string[] {
  const options = objectOf<{ readonly sharedSchemas?: readonly string[] }>(given, 'options');
  const sharedSchemas = copyOf(options.sharedSchemas ?? DEFAULTS.sharedSchemas);
  const faults: Fault[] = [];
  findUnknownKeys(faults, options, ['sharedSchemas'], 'options');
  findSchemaFaults(faults, sharedSchemas);
  if (faults.length > 0) throw invalidOptions(faults);
  return sharedSchemas;
}

/**
 * Refuses a shared schema as an org: it belongs to all tenants.
 *
 * @throws MigrationError INVALID_IDENTIFIER
 */
export function tenantsOwn(org: Identifier, sharedSchemas: readonly string[]): Identifier {
  if (!sharedSchemas.includes(org)) return org;
  throw new MigrationError(`The org "${org}" is one of sharedSchemas, which belong to every tenant. Choose another.`, {
    code: 'INVALID_IDENTIFIER',
    org,
  });
}

/** Later changes to the caller's list have no effect. */
function copyOf(list: readonly string[]): readonly string[] {
  return Array.isArray(list) ? Array.from(list as readonly string[]) : list;
}

/** Undefined and null mean no options; anything else has to be an object. */
function objectOf<T extends object>(given: unknown, path: string): Partial<T> {
  if (given === undefined || given === null) return {};
  if (typeof given === 'object') return given;
  throw invalidOptions([{ path, message: 'must be an object' }]);
}

function mergedRetry(given?: RetryOptions | false | null, inherited?: RetrySettings): RetrySettings {
  // Even without a retry, an aborted signal refuses the call.
  if (given === false) return { ...mergedRetry(undefined, inherited), maxAttempts: 1 };
  const options = objectOf<RetryOptions>(given, 'options.retry');
  return {
    maxAttempts: options.maxAttempts ?? inherited?.maxAttempts ?? DEFAULTS.retry.maxAttempts,
    delayMs: options.delayMs ?? inherited?.delayMs ?? DEFAULTS.retry.delayMs,
    maxDelayMs: options.maxDelayMs ?? inherited?.maxDelayMs ?? DEFAULTS.retry.maxDelayMs,
    deadlineMs: options.deadlineMs ?? inherited?.deadlineMs,
    signal: options.signal ?? inherited?.signal,
    onRetry: options.onRetry ?? inherited?.onRetry,
  };
}

function findUnknownKeys(faults: Fault[], options: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key) || faults.length > BOUNDS.faults) continue;
    faults.push({ path: `${path}.${shownBeginning(key)}`, message: `unknown key${didYouMean(key, known)}` });
  }
}

function findSettingFaults(faults: Fault[], settings: Settings): void {
  const { lockTimeoutMs, statementTimeoutMs, sharedSchemas, hazards, logger, turn } = settings;
  const before = faults.length;
  // Zero would disable the limit, and every later reader queues behind a waiting change.
  findRangeFaults(faults, 'options.lockTimeoutMs', lockTimeoutMs, 1);
  findRangeFaults(faults, 'options.statementTimeoutMs', statementTimeoutMs, 1);
  if (faults.length === before && lockTimeoutMs >= statementTimeoutMs) {
    faults.push({ path: 'options.lockTimeoutMs', message: `must be below statementTimeoutMs (${statementTimeoutMs})` });
  }
  findHazardFaults(faults, hazards);
  if (!TURNS.includes(turn)) faults.push({ path: 'options.turn', message: `must be one of ${TURNS.join(', ')}` });
  findSchemaFaults(faults, sharedSchemas);
  if (LOGGER_METHODS.some((method) => typeof logger[method] !== 'function')) {
    faults.push({ path: 'options.logger', message: `must have the methods ${LOGGER_METHODS.join(', ')}` });
  }
}

/** `logger: false`. */
const SILENT: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  isLevelEnabled: () => false,
};

const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const;

function findSchemaFaults(faults: Fault[], schemas: unknown): void {
  if (!Array.isArray(schemas)) {
    faults.push({ path: 'options.sharedSchemas', message: 'must be a list of schema names' });
    return;
  }
  schemas.forEach((schema: unknown, index) => {
    const message = identifierFault(schema, 'schema');
    if (message !== undefined) faults.push({ path: `options.sharedSchemas[${index}]`, message });
  });
}

function findHazardFaults(faults: Fault[], hazards: unknown): void {
  if (isPolicy(hazards)) return;
  const message = `must be one of ${HAZARD_POLICIES.join(', ')}`;
  if (!isPlainObject(hazards)) {
    faults.push({ path: 'options.hazards', message });
    return;
  }
  findUnknownKeys(faults, hazards, Object.keys(HAZARD_KINDS), 'options.hazards');
  for (const [kind, policy] of Object.entries(hazards)) {
    if (policy !== undefined && policy !== null && !isPolicy(policy))
      faults.push({ path: `options.hazards.${kind}`, message });
  }
}

function isPolicy(policy: unknown): boolean {
  return HAZARD_POLICIES.some((known) => known === policy);
}

function findRetryFaults(faults: Fault[], settings: RetrySettings, path: string): void {
  const { maxAttempts, delayMs, maxDelayMs, deadlineMs, signal, onRetry } = settings;
  findRangeFaults(faults, `${path}.maxAttempts`, maxAttempts, 1);
  findRangeFaults(faults, `${path}.delayMs`, delayMs, 0);
  findRangeFaults(faults, `${path}.maxDelayMs`, maxDelayMs, 0);
  if (deadlineMs !== undefined) findRangeFaults(faults, `${path}.deadlineMs`, deadlineMs, 0);
  if (signal !== undefined && !isSignal(signal)) {
    faults.push({ path: `${path}.signal`, message: 'must be an AbortSignal' });
  }
  if (onRetry !== undefined && typeof onRetry !== 'function') {
    faults.push({ path: `${path}.onRetry`, message: 'must be a function' });
  }
}

/** Not instanceof: a signal from another realm (jsdom, a polyfill) will do too. */
function isSignal(given: unknown): boolean {
  const { aborted, addEventListener, removeEventListener } = (given ?? {}) as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  );
}

function findRangeFaults(faults: Fault[], path: string, value: number, min: number): void {
  if (Number.isInteger(value) && value >= min && value <= MAX_MS) return;
  faults.push({ path, message: `must be a whole number from ${min} to ${MAX_MS}` });
}

function invalidOptions(faults: readonly Fault[]): MigrationError {
  const lines = faults.map(({ path, message }) => `${path}: ${message}`);
  return new MigrationError(lines.join('; '), { code: 'INVALID_SPEC', faults });
}

import { MigrationError, type Fault } from './errors';
import { identifierFault, type Identifier } from './identifier';
import { defaultLogger } from './log';
import {
  DEFAULTS,
  HAZARD_POLICIES,
  type RetryOptions,
  type RetrySettings,
  type Settings,
  type TenantOptions,
} from './options';
import { isPlainObject } from './plain-object';
import { HAZARD_KINDS } from './plan';

/** setTimeout's, and PostgreSQL's for its timeouts. */
const MAX_MS = 2 ** 31 - 1;

const OPTION_NAMES = ['lockTimeoutMs', 'statementTimeoutMs', 'retry', 'logger', 'sharedSchemas', 'hazards', 'model'];
const RETRY_NAMES = ['maxAttempts', 'delayMs', 'maxDelayMs', 'deadlineMs', 'signal', 'onRetry'];

/**
 * Options over what is inherited, over the defaults. The only place that merges; it validates what
 * comes out, so that zero is a value and a limit is judged against the one it has to stay below.
 *
 * @throws MigrationError INVALID_SPEC that names every wrong option.
 */
export function settingsOf(given?: TenantOptions | null, inherited?: Settings): Settings {
  const options = objectOf<TenantOptions>(given, 'options');
  const faults = unknownKeys(options, OPTION_NAMES, 'options');
  const settings: Settings = {
    lockTimeoutMs: options.lockTimeoutMs ?? inherited?.lockTimeoutMs ?? DEFAULTS.lockTimeoutMs,
    statementTimeoutMs: options.statementTimeoutMs ?? inherited?.statementTimeoutMs ?? DEFAULTS.statementTimeoutMs,
    retry: mergedRetry(options.retry, inherited?.retry),
    logger: options.logger ?? inherited?.logger ?? defaultLogger(),
    sharedSchemas: copyOf(options.sharedSchemas ?? inherited?.sharedSchemas ?? DEFAULTS.sharedSchemas) as Identifier[],
    hazards: options.hazards ?? inherited?.hazards ?? DEFAULTS.hazards,
  };
  faults.push(...settingFaults(settings));
  faults.push(
    ...unknownKeys(options.retry ?? {}, RETRY_NAMES, 'options.retry'),
    ...retryFaults(settings.retry, 'options.retry'),
  );
  if (faults.length > 0) throw invalidOptions(faults);
  return settings;
}

/** The same for `withDbRetry`, which takes nothing else. */
export function retrySettingsOf(given?: RetryOptions | null): RetrySettings {
  const options = objectOf<RetryOptions>(given, 'options');
  const settings = mergedRetry(options);
  const faults = [...unknownKeys(options, RETRY_NAMES, 'options'), ...retryFaults(settings, 'options')];
  if (faults.length > 0) throw invalidOptions(faults);
  return settings;
}

/** The schemas that references may name, for planning, which takes no other option. */
export function sharedSchemasOf(
  given?: { readonly sharedSchemas?: readonly string[] | undefined } | null,
): readonly string[] {
  const options = objectOf<{ readonly sharedSchemas?: readonly string[] }>(given, 'options');
  const sharedSchemas = copyOf(options.sharedSchemas ?? DEFAULTS.sharedSchemas);
  const faults = [...unknownKeys(options, ['sharedSchemas'], 'options'), ...schemaFaults(sharedSchemas)];
  if (faults.length > 0) throw invalidOptions(faults);
  return sharedSchemas;
}

/** What is checked is what is used, whatever becomes of the caller's list. */
function copyOf(list: readonly string[]): readonly string[] {
  return Array.isArray(list) ? Array.from(list as readonly string[]) : list;
}

/** Nothing given is no option; anything but an object is a fault. */
function objectOf<T extends object>(given: unknown, path: string): Partial<T> {
  if (given === undefined || given === null) return {};
  if (typeof given === 'object') return given;
  throw invalidOptions([{ path, message: 'must be an object' }]);
}

function mergedRetry(given?: RetryOptions | null, inherited?: RetrySettings): RetrySettings {
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

function unknownKeys(options: object, known: readonly string[], path: string): Fault[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: `${path}.${key}`, message: 'unknown key' }));
}

function settingFaults({ lockTimeoutMs, statementTimeoutMs, sharedSchemas, hazards, logger }: Settings): Fault[] {
  const faults = [
    // Zero would switch the limit off, and a waiting change keeps every later reader waiting behind it.
    ...rangeFaults('options.lockTimeoutMs', lockTimeoutMs, 1),
    ...rangeFaults('options.statementTimeoutMs', statementTimeoutMs, 1),
  ];
  if (faults.length === 0 && lockTimeoutMs >= statementTimeoutMs) {
    faults.push({ path: 'options.lockTimeoutMs', message: `must be below statementTimeoutMs (${statementTimeoutMs})` });
  }
  faults.push(...hazardFaults(hazards));
  faults.push(...schemaFaults(sharedSchemas));
  const methods = ['debug', 'info', 'warn', 'error'] as const;
  if (methods.some((method) => typeof logger[method] !== 'function')) {
    faults.push({ path: 'options.logger', message: `must have the methods ${methods.join(', ')}` });
  }
  return faults;
}

function schemaFaults(schemas: unknown): Fault[] {
  if (!Array.isArray(schemas)) return [{ path: 'options.sharedSchemas', message: 'must be a list of schema names' }];
  return schemas.flatMap((schema: unknown, index) => {
    const message = identifierFault(schema, 'schema');
    return message === undefined ? [] : [{ path: `options.sharedSchemas[${index}]`, message }];
  });
}

function hazardFaults(hazards: unknown): Fault[] {
  const message = `must be one of ${HAZARD_POLICIES.join(', ')}`;
  const isPolicy = (policy: unknown): boolean => HAZARD_POLICIES.some((known) => known === policy);
  if (isPolicy(hazards)) return [];
  if (!isPlainObject(hazards)) return [{ path: 'options.hazards', message }];
  return [
    ...unknownKeys(hazards, Object.keys(HAZARD_KINDS), 'options.hazards'),
    ...Object.entries(hazards)
      .filter(([, policy]) => policy !== undefined && !isPolicy(policy))
      .map(([kind]) => ({ path: `options.hazards.${kind}`, message })),
  ];
}

function retryFaults(settings: RetrySettings, path: string): Fault[] {
  const { maxAttempts, delayMs, maxDelayMs, deadlineMs, signal, onRetry } = settings;
  const faults = [
    ...rangeFaults(`${path}.maxAttempts`, maxAttempts, 1),
    ...rangeFaults(`${path}.delayMs`, delayMs, 0),
    ...rangeFaults(`${path}.maxDelayMs`, maxDelayMs, 0),
    ...(deadlineMs === undefined ? [] : rangeFaults(`${path}.deadlineMs`, deadlineMs, 0)),
  ];
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    faults.push({ path: `${path}.signal`, message: 'must be an AbortSignal' });
  }
  if (onRetry !== undefined && typeof onRetry !== 'function') {
    faults.push({ path: `${path}.onRetry`, message: 'must be a function' });
  }
  return faults;
}

function rangeFaults(path: string, value: number, min: number): Fault[] {
  return Number.isInteger(value) && value >= min && value <= MAX_MS
    ? []
    : [{ path, message: `must be a whole number from ${min} to ${MAX_MS}` }];
}

function invalidOptions(faults: readonly Fault[]): MigrationError {
  const lines = faults.map(({ path, message }) => `${path}: ${message}`);
  return new MigrationError(lines.join('; '), { code: 'INVALID_SPEC', faults });
}

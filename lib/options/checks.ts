import { isPlainObject } from '../codec/plain-object';
import type { Fault } from '../errors';
import { HAZARD_KINDS } from '../plan/plan';
import { identifierFault } from '../sql/identifier';
import { unknownKeys, type Check } from './option';

/** The maximum of setTimeout, and of PostgreSQL's timeouts. */
const MAX_MS = 2 ** 31 - 1;

export function wholeFrom(min: number): Check {
  const isRight = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= MAX_MS;
  return must(isRight, `must be a whole number from ${min} to ${MAX_MS}`);
}

export function oneOfWords(words: readonly string[]): Check {
  return must((value) => words.some((word) => word === value), `must be one of ${words.join(', ')}`);
}

/** One policy for all kinds of hazards, or one for each. */
export function policies(words: readonly string[]): Check {
  const isPolicy = oneOfWords(words);
  return (value, path) => {
    if (!isPlainObject(value)) return isPolicy(value, path);
    const wrong = Object.entries(value).flatMap(([kind, policy]): readonly Fault[] =>
      policy === undefined || policy === null ? [] : isPolicy(policy, `${path}.${kind}`),
    );
    return [...unknownKeys(value, Object.keys(HAZARD_KINDS), path), ...wrong];
  };
}

export const schemaNames: Check = (value, path) => {
  if (!Array.isArray(value)) return [{ path, message: 'must be a list of schema names' }];
  return value.flatMap((schema: unknown, index): readonly Fault[] => {
    const message = identifierFault(schema, 'schema');
    return message === undefined ? [] : [{ path: `${path}[${index}]`, message }];
  });
};

const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const;

export const loggerMethods = must(
  (value) => LOGGER_METHODS.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  `must have the methods ${LOGGER_METHODS.join(', ')}`,
);

/** Not instanceof: a signal from another realm (jsdom, a polyfill) will do too. */
export const abortSignal = must((value) => {
  const { aborted, addEventListener, removeEventListener } = (value ?? {}) as Partial<AbortSignal>;
  return (
    typeof aborted === 'boolean' && typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  );
}, 'must be an AbortSignal');

export const callback = must((value) => typeof value === 'function', 'must be a function');

export function must(isRight: (value: unknown) => boolean, message: string): Check {
  return (value, path) => (isRight(value) ? [] : [{ path, message }]);
}

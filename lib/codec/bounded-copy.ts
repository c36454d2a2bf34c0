import { BOUNDS } from './bounds';
import type { Fault } from '../errors';
import { isPlainObject, isRecord } from './plain-object';
import { shownBeginning } from '../errors/shown';

/** How much of the limits of a call is left. */
export interface Budget {
  values: number;
  textBytes: number;
}

export function newBudget(): Budget {
  return { values: BOUNDS.values, textBytes: BOUNDS.allTextBytes };
}

export type Copied = { readonly copy: unknown } | { readonly fault: Fault };

/**
 * Copies what a caller passed, or finds the limit that it exceeds, before anything else is done with it.
 * An object that is used twice is copied and counted twice, as in its JSON.
 *
 * Each own property is read once: a getter or a prototype could return something else the next time. Values
 * that are not plain data (a Date, a Buffer, a function) are passed on for their codec to check.
 */
export function boundedCopy(given: unknown, budget: Budget = newBudget()): Copied {
  const walk: Walk = { budget, path: [], broken: undefined };
  try {
    const copy = copied(given, walk, undefined);
    return walk.broken === undefined ? { copy } : { fault: faultAt(walk.path, walk.broken) };
  } catch {
    // The error comes from the caller's own code, and may contain a value.
    return { fault: faultAt(walk.path, 'cannot be read: reading it throws') };
  }
}

interface Walk {
  readonly budget: Budget;
  readonly path: string[];
  /** Once a limit is exceeded, the walk stops. */
  broken: string | undefined;
}

/** @param defaultAt the length of the path to the default that contains this value */
function copied(value: unknown, walk: Walk, defaultAt: number | undefined): unknown {
  if (typeof value === 'string') return spent(walk, value) ? value : undefined;
  if (typeof value !== 'object' || value === null) return spent(walk) ? value : undefined;
  if (!spent(walk)) return undefined;
  const isList = Array.isArray(value);
  // In a default, an instance of a class is a value for its type to check; elsewhere its own properties count.
  if (!isList && !(defaultAt === undefined ? isRecord(value) : isJsonObject(value))) return value;
  if (defaultAt !== undefined && walk.path.length - defaultAt > BOUNDS.defaultDepth) {
    walk.path.length = defaultAt;
    walk.broken = `must be at most ${BOUNDS.defaultDepth} levels deep`;
    return undefined;
  }
  if (walk.path.length > BOUNDS.depth) {
    walk.broken = `must be at most ${BOUNDS.depth} levels deep`;
    return undefined;
  }
  return isList ? copiedList(value, walk, defaultAt) : copiedObject(value as Record<string, unknown>, walk, defaultAt);
}

/** An object with a `toJSON` from elsewhere means something other than its properties. */
function isJsonObject(value: object): value is Record<string, unknown> {
  if (!isPlainObject(value)) return false;
  const prototype = Object.getPrototypeOf(value) as { readonly toJSON?: unknown } | null;
  return typeof prototype?.toJSON !== 'function';
}

function copiedList(list: readonly unknown[], walk: Walk, defaultAt: number | undefined): unknown {
  const copy: unknown[] = [];
  const { length } = list;
  // By index: a hole becomes undefined, and the list's own iterator is not called.
  for (let index = 0; index < length; index += 1) {
    walk.path.push(`[${index}]`);
    copy.push(copied(list[index], walk, defaultAt));
    if (walk.broken !== undefined) return undefined;
    walk.path.pop();
  }
  return copy;
}

function copiedObject(object: Record<string, unknown>, walk: Walk, defaultAt: number | undefined): unknown {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    walk.path.push(key);
    if (!spentText(walk, key)) return undefined;
    const value = copied(object[key], walk, defaultAt ?? (key === 'default' ? walk.path.length : undefined));
    if (walk.broken !== undefined) return undefined;
    // Assigned, it would be the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, { ...OWN, value });
    else copy[key] = value;
    walk.path.pop();
  }
  return copy;
}

const OWN = { configurable: true, enumerable: true, writable: true } as const;

/** Counts a value, and its text, against the budget. */
function spent(walk: Walk, text?: string): boolean {
  walk.budget.values -= 1;
  if (walk.budget.values < 0) {
    walk.broken = `exceeds the limit of ${BOUNDS.values} values in one call`;
    return false;
  }
  return text === undefined || spentText(walk, text);
}

function spentText(walk: Walk, text: string): boolean {
  walk.broken = textSizeFault(text);
  if (walk.broken !== undefined) return false;
  walk.budget.textBytes -= Buffer.byteLength(text, 'utf8');
  if (walk.budget.textBytes < 0) {
    walk.broken = `exceeds the limit of ${BOUNDS.allTextBytes} bytes in UTF-8 for all texts of one call`;
  }
  return walk.broken === undefined;
}

/** In UTF-8, of one UTF-16 code unit. */
const MAX_BYTES_OF_A_UNIT = 3;

/** The fault of a text that is too long, or undefined. The bytes of a very long one are not even counted. */
export function textSizeFault(text: string): string | undefined {
  if (text.length * MAX_BYTES_OF_A_UNIT <= BOUNDS.textBytes) return undefined;
  const isLong = text.length > BOUNDS.textBytes || Buffer.byteLength(text, 'utf8') > BOUNDS.textBytes;
  return isLong ? `must be at most ${BOUNDS.textBytes} bytes in UTF-8` : undefined;
}

/** The beginning of a path says where; a deep path would fill pages. */
const MAX_SHOWN_KEYS = 8;

function faultAt(path: readonly string[], message: string): Fault {
  const keys = path.slice(0, MAX_SHOWN_KEYS).map((key) => (key.startsWith('[') ? key : `.${shownBeginning(key)}`));
  const shownPath = keys.join('').replace(/^\./, '');
  return { path: path.length > MAX_SHOWN_KEYS ? `${shownPath}…` : shownPath, message };
}

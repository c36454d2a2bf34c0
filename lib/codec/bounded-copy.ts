import { BOUNDS } from './bounds';
import type { Fault } from '../errors';
import { isPlainObject, isRecord } from './plain-object';
import { shownBeginning } from '../errors/shown';

/** What is left of the bounds of a call. */
export interface Budget {
  values: number;
  textBytes: number;
}

export function newBudget(): Budget {
  return { values: BOUNDS.values, textBytes: BOUNDS.allTextBytes };
}

export type Copied = { readonly copy: unknown } | { readonly fault: Fault };

/**
 * A copy of what a caller gave, or the bound that it breaks, found before anything else is done with it.
 * An object that is used twice is copied, and counted, twice, as it would be in its JSON.
 *
 * Each property is read once, own ones only: a getter or a prototype could say one thing now and another
 * later. What is not data (a Date, a Buffer, a function) stays what it is, for its codec to judge.
 */
export function boundedCopy(given: unknown, budget: Budget = newBudget()): Copied {
  const walk: Walk = { budget, path: [], broken: undefined };
  try {
    const copy = copied(given, walk, undefined);
    return walk.broken === undefined ? { copy } : { fault: faultAt(walk.path, walk.broken) };
  } catch {
    // Its error is the caller's own code's, and may hold a value.
    return { fault: faultAt(walk.path, 'cannot be read: reading it throws') };
  }
}

interface Walk {
  readonly budget: Budget;
  readonly path: string[];
  /** Once a bound is broken, the walk ends where it is. */
  broken: string | undefined;
}

/** @param defaultAt the length of the path to the default that this is a part of */
function copied(value: unknown, walk: Walk, defaultAt: number | undefined): unknown {
  if (typeof value === 'string') return spent(walk, value) ? value : undefined;
  if (typeof value !== 'object' || value === null) return spent(walk) ? value : undefined;
  if (!spent(walk)) return undefined;
  const isList = Array.isArray(value);
  // A class's instance in a default is a value, which its type judges; elsewhere its own properties count.
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

/** What has a `toJSON` from elsewhere is something else than its properties. */
function isJsonObject(value: object): value is Record<string, unknown> {
  if (!isPlainObject(value)) return false;
  const prototype = Object.getPrototypeOf(value) as { readonly toJSON?: unknown } | null;
  return typeof prototype?.toJSON !== 'function';
}

function copiedList(list: readonly unknown[], walk: Walk, defaultAt: number | undefined): unknown {
  const copy: unknown[] = [];
  const { length } = list;
  // By index: a hole is undefined, and an iterator of the list's own is not asked.
  for (let index = 0; index < length; index += 1) {
    walk.path.push(`[${index}]`);
    copy.push(copied(list[index], walk, defaultAt));
    if (walk.broken !== undefined) return undefined;
    walk.path.pop();
  }
  return copy;
}

function copiedObject(object: Record<string, unknown>, walk: Walk, defaultAt: number | undefined): unknown {
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(object)) {
    walk.path.push(key);
    if (!spentText(walk, key)) return undefined;
    const copy = copied(object[key], walk, defaultAt ?? (key === 'default' ? walk.path.length : undefined));
    if (walk.broken !== undefined) return undefined;
    entries.push([key, copy]);
    walk.path.pop();
  }
  // Own properties, whatever their names: `__proto__` too.
  return Object.fromEntries(entries);
}

/** Takes a value off the budget, and the text that it is. */
function spent(walk: Walk, text?: string): boolean {
  walk.budget.values -= 1;
  if (walk.budget.values < 0) {
    walk.broken = `is where there are more than ${BOUNDS.values} values in one call`;
    return false;
  }
  return text === undefined || spentText(walk, text);
}

function spentText(walk: Walk, text: string): boolean {
  walk.broken = textSizeFault(text);
  if (walk.broken !== undefined) return false;
  walk.budget.textBytes -= Buffer.byteLength(text, 'utf8');
  if (walk.budget.textBytes < 0) {
    walk.broken = `is where the texts of one call are more than ${BOUNDS.allTextBytes} bytes in UTF-8`;
  }
  return walk.broken === undefined;
}

/** What is wrong with the size of one text, or undefined. The bytes of a very long one are not even counted. */
export function textSizeFault(text: string): string | undefined {
  const isLong = text.length > BOUNDS.textBytes || Buffer.byteLength(text, 'utf8') > BOUNDS.textBytes;
  return isLong ? `must be at most ${BOUNDS.textBytes} bytes in UTF-8` : undefined;
}

/** The beginning of a path tells where; that of a deep one would be pages. */
const MAX_SHOWN_KEYS = 8;

function faultAt(path: readonly string[], message: string): Fault {
  const keys = path.slice(0, MAX_SHOWN_KEYS).map((key) => (key.startsWith('[') ? key : `.${shownBeginning(key)}`));
  const shownPath = keys.join('').replace(/^\./, '');
  return { path: path.length > MAX_SHOWN_KEYS ? `${shownPath}…` : shownPath, message };
}

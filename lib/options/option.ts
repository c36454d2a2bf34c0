import { BOUNDS } from '../codec/bounds';
import { didYouMean } from '../codec/hints';
import type { Fault } from '../errors';
import { shownBeginning } from '../errors/shown';

/** What is wrong with a value. */
export type Check = (value: unknown, path: string) => readonly Fault[];

/** One option: what applies if it is left out, and how a given value becomes a setting. */
export interface Option<Given, Kept> {
  /** Undefined if it has none; a function makes one when it is first needed. */
  readonly default: Kept | (() => Kept);
  readonly unit?: 'ms' | 'attempts' | undefined;
  /** Merges the given value over the inherited one over the default, and checks the result. */
  settle(given: Given | undefined, inherited: Kept | undefined, path: string, faults: Fault[]): Kept;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of any type, each checked where it is defined
type AnyOption = Option<any, any>;

/** Options by name. */
export type OptionTable = Readonly<Record<string, AnyOption>>;

/** What a caller passes. */
export type GivenBy<T extends OptionTable> = {
  readonly [Name in keyof T]?: Parameters<T[Name]['settle']>[0];
};

/** The same with nothing left out. */
export type SettledBy<T extends OptionTable> = {
  readonly [Name in keyof T]: ReturnType<T[Name]['settle']>;
};

/** An option of its own. `read` copies a given value, or replaces it. */
export function option<Kept, Given = Kept>(parts: {
  readonly default: Kept | (() => Kept);
  readonly unit?: Option<Given, Kept>['unit'];
  readonly check: Check;
  readonly read?: (given: Given | Kept) => Kept;
}): Option<Given, Kept> {
  const { check, read = (given) => given as Kept } = parts;
  return {
    default: parts.default,
    unit: parts.unit,
    settle: (given, inherited, path, faults) => {
      // What is inherited has been checked, and so have the defaults.
      if (given === undefined || given === null) return inherited ?? madeDefault(parts.default);
      const kept = read(given);
      if (kept !== undefined) faults.push(...check(kept, path));
      return kept;
    },
  };
}

/** Options under one name. `false` stands for `off`, over what is inherited. */
export function group<T extends OptionTable>(
  table: T,
  off: Partial<SettledBy<T>>,
): Option<GivenBy<T> | false, SettledBy<T>> {
  const defaults = defaultsOf(table);
  return {
    default: defaults,
    settle: (given, inherited = defaults, path, faults) => {
      if (given === undefined || given === null) return inherited;
      return given === false ? { ...inherited, ...off } : settle(table, given, inherited, path, faults);
    },
  };
}

/** Options under one name of something that is off by default; `true` stands for their defaults. */
export function switched<T extends OptionTable>(table: T): Option<GivenBy<T> | boolean, SettledBy<T> | undefined> {
  return {
    default: undefined,
    settle: (given, inherited, path, faults) => {
      if (given === undefined || given === null) return inherited;
      if (given === false) return undefined;
      if (typeof given !== 'boolean' && typeof given !== 'object') {
        faults.push({ path, message: 'must be true, false or an object' });
        return undefined;
      }
      return settle(table, given === true ? {} : given, inherited, path, faults);
    },
  };
}

/** Options over inherited ones over the defaults. It checks the result, so zero is a value. */
export function settle<T extends OptionTable>(
  table: T,
  given: unknown,
  inherited: SettledBy<T> | undefined,
  path: string,
  faults: Fault[],
): SettledBy<T> {
  if (given !== undefined && given !== null && typeof given !== 'object') {
    faults.push({ path, message: 'must be an object' });
    return defaultsOf(table);
  }
  const options = (given ?? {}) as Readonly<Record<string, unknown>>;
  faults.push(...unknownKeys(options, Object.keys(table), path));
  const settled: Record<string, unknown> = {};
  for (const name of Object.keys(table)) {
    const one = table[name] as Option<unknown, unknown>;
    settled[name] = one.settle(options[name], inherited?.[name], `${path}.${name}`, faults);
  }
  return settled as SettledBy<T>;
}

export function unknownKeys(options: object, known: readonly string[], path: string): readonly Fault[] {
  return Object.keys(options)
    .filter((key) => !known.includes(key))
    .slice(0, BOUNDS.faults)
    .map((key) => ({ path: `${path}.${shownBeginning(key)}`, message: `unknown key${didYouMean(key, known)}` }));
}

/** The defaults of a table; of one that is made when it is needed, none. */
export function defaultsOf<T extends OptionTable>(table: T): SettledBy<T> {
  const defaults = Object.entries<Option<unknown, unknown>>(table).map(([name, one]) => [name, one.default] as const);
  const known = defaults.filter(([, value]) => value !== undefined && typeof value !== 'function');
  return Object.fromEntries(known) as SettledBy<T>;
}

/** A function that is given, such as `onRetry`, is a value; only the default makes one. */
function madeDefault<Kept>(value: Kept | (() => Kept)): Kept {
  return typeof value === 'function' ? (value as () => Kept)() : value;
}

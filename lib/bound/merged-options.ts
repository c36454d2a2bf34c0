import type { ChangeOptions } from '../options/options';

/** The options of a call over the bound ones. */
export function merged<O extends ChangeOptions>(bound: ChangeOptions, given: O | undefined): O {
  const own = Object.entries(given ?? {}).filter(([, value]) => value !== undefined && value !== null);
  const options = { ...bound, ...Object.fromEntries(own) } as O;
  return { ...options, retry: mergedRetry(bound.retry, given?.retry) };
}

function mergedRetry(bound: ChangeOptions['retry'], given: ChangeOptions['retry']): ChangeOptions['retry'] {
  if (!bound || !given) return given ?? bound;
  return { ...bound, ...given };
}

/** A wave: the tenants whose place is before `until`, and that were in none before it. */
export interface Wave {
  /** 0 is the canary. */
  readonly number: number;
  readonly until: number;
}

/** After every place there is. */
export const LAST_PLACE = 2 ** 31 - 1;

/** The canaries, the waves, and the rest. */
export function wavesOf(canaries: number, sizes: readonly number[]): readonly Wave[] {
  let until = canaries;
  const first = canaries === 0 ? [] : [{ number: 0, until }];
  const sized = sizes.map((size, index) => ({ number: index + 1, until: (until += size) }));
  return [...first, ...sized, { number: sizes.length + 1, until: LAST_PLACE }];
}

/** A median with its quartiles. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
    count: sorted.length,
  };
}

/** By linear interpolation, as R and NumPy do by default. */
function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/** Of each pair that was measured in the same round: what slows the machine slows both. */
export function ratios(values: ReadonlyMap<number, number>, base: ReadonlyMap<number, number>): number[] {
  return [...values].flatMap(([round, value]) => {
    const other = base.get(round);
    return other === undefined ? [] : [value / other];
  });
}

export function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}

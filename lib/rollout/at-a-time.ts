/** Runs what it is given, and waits before for its turn. */
export type Limited = <T>(run: () => Promise<T>) => Promise<T>;

/** At most so many at a time, in the order in which they come. */
export function atATime(most: number): Limited {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

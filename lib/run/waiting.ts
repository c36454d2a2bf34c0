/** The waits with a signal. Each signal has a single listener, however many calls share it. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly wake: Set<() => void>;
  readonly listener: () => void;
}

/** Waits; returns false as soon as the signal ends the wait. */
export function slept(delayMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (whole: boolean): void => {
      clearTimeout(timer);
      if (signal !== undefined) leave(signal, wake);
      resolve(whole);
    };
    const wake = (): void => end(false);
    const timer = setTimeout(() => end(true), delayMs);
    if (signal !== undefined) join(signal, wake);
  });
}

function join(signal: AbortSignal, wake: () => void): void {
  const known = waiting.get(signal);
  if (known !== undefined) {
    known.wake.add(wake);
    return;
  }
  const all = new Set([wake]);
  const listener = (): void => [...all].forEach((each) => each());
  waiting.set(signal, { wake: all, listener });
  signal.addEventListener('abort', listener, { once: true });
}

function leave(signal: AbortSignal, wake: () => void): void {
  const known = waiting.get(signal);
  if (known === undefined || !known.wake.delete(wake) || known.wake.size > 0) return;
  waiting.delete(signal);
  signal.removeEventListener('abort', known.listener);
}

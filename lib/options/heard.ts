/**
 * Calls a function of the caller: a logger's method, `onRetry`. It may throw, or be async and reject: that
 * becomes a process warning and does not affect the outcome of a change.
 */
export function heard<T>(call: () => T): T | undefined {
  try {
    const given = call();
    // An unhandled rejection would end the process. A thenable need not be a promise.
    if (isThenable(given)) void Promise.resolve(given).then(undefined, warnOf);
    return given;
  } catch (error) {
    warnOf(error);
    return undefined;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === 'function';
}

function warnOf(error: unknown): void {
  process.emitWarning(`A logger or callback failed and was ignored: ${wordsOf(error)}`, 'tenant-ddl');
}

/** Anything can be thrown, even a value that has no text. */
function wordsOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return 'an error without a text';
  }
}

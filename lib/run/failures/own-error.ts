import { retryScopeOf } from '../retry';

/** Deep enough for any wrapped error; a chain may be a cycle. */
const MAX_ERRORS = 100;

/**
 * The error of this transaction behind a thrown error: itself, its `cause`, or one of the `errors` of an
 * AggregateError. If there are several, one that another attempt may fix. Undefined if it comes from elsewhere.
 */
export function ownErrorIn(thrown: unknown, isOwn: (error: unknown) => boolean): unknown {
  const found: unknown[] = [];
  const queue: unknown[] = [thrown];
  for (let index = 0; index < queue.length && index < MAX_ERRORS; index += 1) {
    const error = queue[index];
    if (isOwn(error)) found.push(error);
    // The cause of an error of ours is the same failure.
    else queue.push(...behind(error).filter((each) => !queue.includes(each)));
  }
  return found.find((error) => retryScopeOf(error) !== 'none') ?? found[0];
}

function behind(error: unknown): readonly unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  try {
    const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown };
    return [cause, ...(Array.isArray(errors) ? (errors as readonly unknown[]).slice(0, MAX_ERRORS) : [])];
  } catch {
    // A getter of the caller's threw.
    return [];
  }
}

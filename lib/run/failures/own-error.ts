import { retryScopeOf } from '../retry';

/** As deep as anybody wraps an error; a chain may be a ring. */
const MAX_ERRORS = 100;

/**
 * The error of this transaction that a thrown error is, or that is behind its `cause` or among the `errors`
 * of an AggregateError: one that another attempt can cure, where there are several. Undefined where it is
 * somebody else's.
 */
export function ownErrorIn(thrown: unknown, isOwn: (error: unknown) => boolean): unknown {
  const found: unknown[] = [];
  const queue: unknown[] = [thrown];
  for (let index = 0; index < queue.length && index < MAX_ERRORS; index += 1) {
    const error = queue[index];
    if (isOwn(error)) found.push(error);
    // What is behind an own error is the same failure.
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
    // A getter of theirs.
    return [];
  }
}

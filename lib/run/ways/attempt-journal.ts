import type { Committed, Journal } from '../tenant-context';

/** The journal of one attempt of withTenant. */
export interface AttemptJournal extends Journal {
  /** Whether a change has run. */
  readonly hasRun: () => boolean;
  /** Whether a change of this attempt failed with that error, which is then already in the log. */
  readonly failedWith: (error: unknown) => boolean;
  /** Forgets the changes that were rolled back: those whose mark is no longer in the transaction. */
  readonly keep: (standing: ReadonlySet<string>) => void;
  readonly tellFailures: (retryInMs: number | undefined) => void;
  readonly tellChanges: (committed: Committed) => void;
}

export function attemptJournal(): AttemptJournal {
  const ran = new Map<string, (committed: Committed) => void>();
  const failed: { readonly error: unknown; readonly tell: (retryInMs: number | undefined) => void }[] = [];
  let begun = 0;
  return {
    begin: () => {
      begun += 1;
      const mark = String(begun);
      return {
        mark,
        ran: (tell) => void ran.set(mark, tell),
        failed: (error, tell) => void failed.push({ error, tell }),
      };
    },
    hasRun: () => ran.size > 0,
    failedWith: (error) => failed.some((failure) => failure.error === error),
    keep: (standing) => {
      for (const mark of [...ran.keys()]) if (!standing.has(mark)) ran.delete(mark);
    },
    tellFailures: (retryInMs) => failed.forEach(({ tell }) => tell(retryInMs)),
    tellChanges: (committed) => ran.forEach((tell) => tell(committed)),
  };
}

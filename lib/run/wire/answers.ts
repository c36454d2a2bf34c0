import type { Connection } from './send';

/** What the server has answered on a connection: only tags and errors, which need no extra question. */
export interface Answers {
  /** How many statements ended a transaction, or rolled back to a savepoint (both have the tag ROLLBACK). */
  readonly ends: () => { readonly commits: number; readonly rollbacks: number };
  /** Which of the two tags came last. */
  readonly lastEnd: () => 'COMMIT' | 'ROLLBACK' | undefined;
  /** Whether something was committed, by COMMIT or by a statement outside every transaction. */
  readonly committed: () => boolean;
  /** Whether a transaction was prepared for a COMMIT PREPARED. */
  readonly prepared: () => boolean;
  /** Whether the server sent this error here. */
  readonly sent: (error: object) => boolean;
  readonly stop: () => void;
}

/** The parts of pg's protocol that are observed. */
interface Protocol {
  on(event: string, listener: (message: never) => void): unknown;
  off(event: string, listener: (message: never) => void): unknown;
}

/** Undefined if the driver cannot be observed. */
export function answersOn(connection: Connection): Answers | undefined {
  const { connection: protocol } = connection as { readonly connection?: Partial<Protocol> };
  if (typeof protocol?.on !== 'function' || typeof protocol.off !== 'function') return undefined;
  const counts = { commits: 0, rollbacks: 0 };
  let last: 'COMMIT' | 'ROLLBACK' | undefined;
  let ranSince = false;
  let [committed, prepared] = [false, false];
  const errors = new WeakSet<object>();

  const onTag = ({ text }: { readonly text: string }): void => {
    if (text === 'COMMIT' || text === 'PREPARE TRANSACTION') {
      counts.commits += 1;
      prepared ||= text !== 'COMMIT';
      [last, committed] = ['COMMIT', true];
    } else if (text === 'ROLLBACK') {
      counts.rollbacks += 1;
      [last, ranSince] = ['ROLLBACK', false];
    } else {
      ranSince = true;
    }
  };
  const onReady = ({ status }: { readonly status?: string }): void => {
    // Outside a transaction, each statement commits itself.
    if (status !== 'I') return;
    committed ||= ranSince;
    ranSince = false;
  };
  const onError = (error: object): void => void errors.add(error);

  const listeners = Object.entries({ commandComplete: onTag, readyForQuery: onReady, errorMessage: onError });
  const heard = protocol as Protocol;
  for (const [event, listener] of listeners) heard.on(event, listener);
  return {
    ends: () => ({ ...counts }),
    lastEnd: () => last,
    committed: () => committed,
    prepared: () => prepared,
    sent: (error) => errors.has(error),
    stop: () => listeners.forEach(([event, listener]) => heard.off(event, listener)),
  };
}

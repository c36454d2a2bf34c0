import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Settings } from '../../options/options';
import { discard, type Connection } from './send';
import type { Work } from '../work';

/** The time that an answer may take on its way, in addition to the server's limit, in milliseconds. */
const MARGIN_MS = 2000;

type Timeouts = Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>;

/** The limit for one statement, and for COMMIT. */
export function statementLimitMs({ statementTimeoutMs }: Timeouts): number {
  return statementTimeoutMs + MARGIN_MS;
}

/** The limit for a batch: `statement_timeout` applies to each of its statements, after the wait for the turn. */
export function batchLimitMs({ statements }: Pick<Work, 'statements'>, timeouts: Timeouts): number {
  const { lockTimeoutMs, statementTimeoutMs } = timeouts;
  return lockTimeoutMs + Math.max(1, statements.length) * statementTimeoutMs + MARGIN_MS;
}

/**
 * Waits for an answer, and discards the connection if none comes in time: the server's own limits do not help in a
 * network that swallows packets, and `statement_timeout` does not apply to COMMIT.
 *
 * @throws Error without an SQLSTATE: the outcome is unknown
 */
export async function awaitAnswer<T>(connection: Connection, limitMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isAnswered = false;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // An answer that is still unread because this process was busy is read within this turn of the event loop.
      void turnOfTheLoop().then(() => {
        if (isAnswered) return;
        reject(new Error(`no answer within ${limitMs} ms`));
        discard(connection);
      });
    }, limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    isAnswered = true;
    clearTimeout(timer);
  }
}

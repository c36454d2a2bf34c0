import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Settings } from '../../options/options';
import { discard, type Connection } from './send';
import type { Work } from '../work';

/** What an answer may take on its way, beyond the time that the server has for it, in milliseconds. */
const MARGIN_MS = 2000;

type Timeouts = Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>;

/** For one statement, and for COMMIT. */
export function statementLimitMs({ statementTimeoutMs }: Timeouts): number {
  return statementTimeoutMs + MARGIN_MS;
}

/** For a batch: the server has `statement_timeout` for each of its statements, and waits for the turn before. */
export function batchLimitMs({ statements }: Pick<Work, 'statements'>, timeouts: Timeouts): number {
  const { lockTimeoutMs, statementTimeoutMs } = timeouts;
  return lockTimeoutMs + Math.max(1, statements.length) * statementTimeoutMs + MARGIN_MS;
}

/**
 * Waits for an answer, and gives the connection up where none has come: the server's own limits do not reach
 * through a network that swallows what is sent, nor does `statement_timeout` count for COMMIT.
 *
 * @throws Error without a SQLSTATE: what became of what was sent is not known
 */
export async function answeredWithin<T>(connection: Connection, limitMs: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isAnswered = false;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      // What lies unread, since this process was busy, is read within this turn.
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

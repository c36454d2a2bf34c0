import type { Knex } from 'knex';
import type { Blocker } from '../../errors';
import type { Logger } from '../../options/logger';
import { closeBeside, openBeside, type RawConnection } from './connection-beside';
import { awaitAnswer } from './limit';
import { clientOf } from './send';

/** The time limit of the connection and of a question, in milliseconds: others wait for it. */
const MAX_ANSWER_MS = 5000;

/** The result of a look. */
export interface BlockersSeen {
  readonly blockedBy: readonly Blocker[];
  /** What the lock is on: a table, as quoted in SQL, or the turn of the tenant. */
  readonly waitedFor?: { readonly table: string } | 'turn';
}

interface Question {
  readonly question: string;
  readonly answer: (seen: BlockersSeen) => void;
  readonly fail: (error: unknown) => void;
}

/** The questions waiting for the connection beside a pool. A transaction's client shares its pool's settings. */
const queues = new WeakMap<object, Question[]>();

/**
 * Asks who is in the way, on a connection beside the pool. There is at most one for each pool: it answers all
 * questions that arrive while it is open, and is then closed. If the server has no room for it, they all fail.
 */
export function lookBeside(db: Knex, question: string, logger: Logger): Promise<BlockersSeen> {
  const client = clientOf(db);
  const { connectionSettings: key = client } = client as { readonly connectionSettings?: object };
  return new Promise((answer, fail) => {
    const asked = { question, answer, fail };
    const queue = queues.get(key);
    if (queue !== undefined) {
      queue.push(asked);
      return;
    }
    const own = [asked];
    queues.set(key, own);
    void serve(db, own, logger, () => queues.delete(key));
  });
}

/** Never rejects: a failure is passed to those who asked. `close` is called as soon as the queue is empty. */
async function serve(db: Knex, queue: Question[], logger: Logger, close: () => void): Promise<void> {
  let connection: RawConnection | undefined;
  try {
    connection = await openBeside(db, MAX_ANSWER_MS, logger);
    for (let asked = queue[0]; asked !== undefined; asked = queue[0]) {
      asked.answer(seenIn(await awaitAnswer(connection, MAX_ANSWER_MS, connection.query(asked.question))));
      queue.shift();
    }
  } catch (error) {
    for (const { fail } of queue.splice(0)) fail(error);
  }
  close();
  if (connection !== undefined) closeBeside(db, connection, logger);
}

function seenIn({ rows }: Awaited<ReturnType<RawConnection['query']>>): BlockersSeen {
  const [first] = rows;
  const blockedBy = rows.map(({ pid, state, applicationName, ageMs, gid }) => ({
    pid: Number(pid),
    state: state ?? 'unknown',
    ageMs: Number(ageMs ?? 0),
    applicationName: applicationName ?? '',
    ...(typeof gid === 'string' ? { preparedTransaction: gid } : {}),
  }));
  if (typeof first?.table === 'string') return { blockedBy, waitedFor: { table: first.table } };
  return first?.locktype === 'advisory' ? { blockedBy, waitedFor: 'turn' } : { blockedBy };
}

import type { Knex } from 'knex';
import type { Blocker } from '../../errors';
import type { Logger } from '../../options/logger';
import { closeBeside, openedBeside, type RawConnection } from './connection-beside';
import { answeredWithin } from './limit';
import { clientOf } from './send';

/** The time limit of the connection and of a question, in milliseconds: others wait for it. */
const MAX_ANSWER_MS = 5000;

/** The result of a look. */
export interface Seen {
  readonly blockedBy: readonly Blocker[];
  /** What the lock is on: a table, as quoted in SQL, or the turn of the tenant. */
  readonly waitedFor?: { readonly table: string } | 'turn';
}

interface Asked {
  readonly question: string;
  readonly answer: (seen: Seen) => void;
  readonly fail: (error: unknown) => void;
}

/** The questions waiting for the connection beside a pool. A transaction's client shares its pool's settings. */
const queues = new WeakMap<object, Asked[]>();

/**
 * Asks who is in the way, on a connection beside the pool. There is at most one for each pool: it answers all
 * questions that arrive while it is open, and is then closed. If the server has no room for it, they all fail.
 */
export function lookedBeside(db: Knex, question: string, logger: Logger): Promise<Seen> {
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
    void served(db, own, logger, () => queues.delete(key));
  });
}

/** Never rejects: a failure is passed to those who asked. `close` is called as soon as the queue is empty. */
async function served(db: Knex, queue: Asked[], logger: Logger, close: () => void): Promise<void> {
  let connection: RawConnection | undefined;
  try {
    connection = await openedBeside(db, MAX_ANSWER_MS, logger);
    for (let asked = queue[0]; asked !== undefined; asked = queue[0]) {
      asked.answer(seenIn(await answeredWithin(connection, MAX_ANSWER_MS, connection.query(asked.question))));
      queue.shift();
    }
  } catch (error) {
    for (const { fail } of queue.splice(0)) fail(error);
  }
  close();
  if (connection !== undefined) closeBeside(db, connection, logger);
}

function seenIn({ rows }: Awaited<ReturnType<RawConnection['query']>>): Seen {
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

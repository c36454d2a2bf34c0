import type { Knex } from 'knex';
import { classifyInUse } from '../failures/sql-states';
import { acquired } from '../wire/acquire';
import { answeredWithin } from '../wire/limit';
import { clientOf, discard, send, type Answer } from '../wire/send';

/** Asks on a connection of the pool, and waits for it and for the answer no longer than this, in milliseconds. */
export async function ask(db: Knex, question: string, limitMs: number): Promise<readonly Answer[]> {
  const startedAt = performance.now();
  const connection = await acquired(db, limitMs);
  try {
    const leftMs = Math.max(1, limitMs - Math.round(performance.now() - startedAt));
    return await answeredWithin(connection, leftMs, send(db, question, connection));
  } catch (error) {
    // A late answer must not come to the next one who uses it.
    if (classifyInUse(error).retryScope === 'connection') discard(connection);
    throw error;
  } finally {
    await clientOf(db).releaseConnection(connection);
  }
}

import type { Knex } from 'knex';
import type { Logger } from '../../options/logger';
import type { Settings } from '../../options/options';
import { explainedError, failureAt } from '../failures/message';
import { classifyInUse, sqlStateOf } from '../failures/sql-states';
import { acquire } from '../wire/acquire';
import { closeBeside, openBeside } from '../wire/connection-beside';
import { awaitAnswer, statementLimitMs } from '../wire/limit';
import { clientOf, discard, send, type Answer } from '../wire/send';

/** A way to ask the server a question after a connection was lost. */
export interface WayToAsk {
  /** The share of the remaining time that one question may take. */
  readonly part: number;
  /** The next way, if this one leads nowhere. */
  readonly other: () => WayToAsk;
  /** Waits at most this long for a connection and the answer, in milliseconds. */
  readonly ask: (db: Knex, question: string, limitMs: number, logger: Logger) => Promise<readonly Answer[]>;
  /** Whether waiting does not help. */
  readonly isFinal: (error: unknown) => boolean;
}

/** On a connection of the pool: it already exists, but is no more reliable than the one that was lost. */
export const POOLED: WayToAsk = {
  part: 1 / 8,
  other: () => BESIDE,
  ask: async (db, question, limitMs) => {
    const leftMs = countdown(limitMs);
    const connection = await acquire(db, limitMs);
    try {
      return await awaitAnswer(connection, leftMs(), send(db, question, connection));
    } catch (error) {
      // A late answer must not reach the next user of the connection.
      if (classifyInUse(error).retryScope === 'connection') discard(connection);
      throw error;
    } finally {
      await clientOf(db).releaseConnection(connection);
    }
  },
  isFinal: (error) => NEVER_ANSWERED.includes(sqlStateOf(error)),
};

/**
 * Asks one question on a connection of the pool, outside every transaction.
 *
 * @throws MigrationError about the org, or about the database where there is none
 */
export async function askPool(db: Knex, question: string, settings: Settings, org = ''): Promise<readonly Answer[]> {
  try {
    return await POOLED.ask(db, question, statementLimitMs(settings), settings.logger);
  } catch (error) {
    throw explainedError(error, failureAt(error, org));
  }
}

/** On a separate connection. The server may have no room for it, or its password may be outdated. */
const BESIDE: WayToAsk = {
  part: 1 / 2,
  other: () => POOLED,
  ask: async (db, question, limitMs, logger) => {
    const leftMs = countdown(limitMs);
    const connection = await openBeside(db, limitMs, logger);
    try {
      return [await awaitAnswer(connection, leftMs(), connection.query(question))];
    } finally {
      closeBeside(db, connection, logger);
    }
  },
  isFinal: () => false,
};

/** insufficient_privilege, undefined_function, …. A server that starts, recovers or has no room answers later. */
const NEVER_ANSWERED: readonly (string | undefined)[] = ['42501', '42883', '28P01', '28000', '3D000'];

function countdown(limitMs: number): () => number {
  const startedAt = performance.now();
  return () => Math.max(1, limitMs - Math.round(performance.now() - startedAt));
}

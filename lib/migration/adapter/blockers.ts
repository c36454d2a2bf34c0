import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Blocker } from '../errors';
import { logBlindness } from '../log';
import type { Settings } from '../options';
import { literal } from '../literal';
import { EQ, GT, MINUS, TIMES } from '../qualified-sql';
import { turnName } from './batch';
import { lookedBeside } from './beside';
import { isDirect } from './prepared';
import type { Connection } from './send';

/** The least time between two looks, in milliseconds. */
const MIN_PAUSE_MS = 20;

/** The longest that an error waits for a look that is under way, in milliseconds. */
const MAX_LOOK_MS = 1000;

/** What is run, and on which connection. */
export interface Waiting {
  readonly connection: Connection;
  readonly org: string;
}

/**
 * Runs a batch, and looks, while it may be waiting for a lock, who holds it (manual 9.27.1, pg_blocking_pids):
 * afterwards nobody can say. A batch that ends within half of its lock timeout is never looked at. The
 * look takes a connection beside the pool, which may be used up by the very sessions in the way: one for all
 * the changes that wait for a server.
 *
 * @param explain makes the error to throw of a failure and of those who were seen last
 */
export async function watched<T>(
  db: Knex,
  waiting: Waiting,
  { lockTimeoutMs, logger }: Settings,
  run: () => Promise<T>,
  explain: (error: unknown, blockedBy: readonly Blocker[]) => Promise<Error>,
): Promise<T> {
  let seen: readonly Blocker[] = [];
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const now = await lookedBeside(db, questionOf(waiting));
      if (now.length > 0) seen = now;
    } catch (error) {
      // Without it, the lock timeout is told all the same.
      logBlindness(logger, error instanceof Error ? error.message : String(error));
    }
  };
  const pauseMs = Math.max(MIN_PAUSE_MS, lockTimeoutMs / 2);
  let timer = setTimeout(lookAndGoOn, pauseMs, pauseMs);
  function lookAndGoOn(pausedMs: number): void {
    looking = looking.then(look);
    // Less and less often: a batch that takes long may just have much to do.
    timer = setTimeout(lookAndGoOn, pausedMs * 2, pausedMs * 2);
  }
  try {
    return await run();
  } catch (error) {
    clearTimeout(timer);
    // A look that hangs must not keep the error back.
    await Promise.race([looking, sleep(MAX_LOOK_MS, undefined, { ref: false })]);
    throw await explain(error, seen);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Behind a pooler the driver's number is the pooler's invention, and may be a stranger's process: unless it is known
 * to be the server's own, its process has to be running a change of this org.
 */
function questionOf({ connection, org }: Waiting): string {
  const { processID } = connection as { readonly processID?: number };
  const pid = String(Number(processID));
  const isOurs = isDirect(connection)
    ? 'true'
    : `exists (select from pg_catalog.pg_stat_activity w where w.pid ${EQ} ${pid}
        and pg_catalog.strpos(w.query, ${literal(turnName(org))}) ${GT} 0)`;
  return `select pid::pg_catalog.text, state, application_name as "applicationName",
      (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() ${MINUS} xact_start) ${TIMES} 1000)::bigint::pg_catalog.text as "ageMs"
      from pg_catalog.pg_stat_activity where pid ${EQ} any (pg_catalog.pg_blocking_pids(${pid})) and ${isOurs}`;
}

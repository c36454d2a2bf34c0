import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { logBlindness } from '../log';
import type { Settings } from '../../options/options';
import { literal } from '../../sql/literal';
import { EQ, GT, MINUS, TIMES } from '../../sql/qualified-sql';
import { turnName } from './turn';
import { lookBeside, type BlockersSeen } from './beside';
import { isDirect } from './prepared';
import type { Connection } from './send';

/** The shortest pause between two looks, in milliseconds. */
const MIN_PAUSE_MS = 20;

/** How long an error waits for a look in progress, in milliseconds. */
const MAX_LOOK_MS = 1000;

/** What is run, and on which connection. */
export interface Waiting {
  readonly connection: Connection;
  readonly org: string;
}

/**
 * Runs a batch and, while it may be waiting for a lock, looks up who holds it (manual 9.27.1, pg_blocking_pids):
 * afterwards that is no longer known. A batch that ends within half of its lock timeout is never looked up. The look
 * uses a connection beside the pool, since the sessions in the way may use up the pool: one for all changes that wait
 * for a server.
 *
 * @param explain makes the error to throw, from a failure and the sessions that were seen last
 */
export async function watchLocks<T>(
  db: Knex,
  waiting: Waiting,
  { lockTimeoutMs, logger }: Settings,
  run: () => Promise<T>,
  explain: (error: unknown, seen: BlockersSeen) => Promise<Error>,
): Promise<T> {
  let seen: BlockersSeen = { blockedBy: [] };
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      const now = await lookBeside(db, questionOf(waiting), logger);
      if (now.blockedBy.length > 0) seen = now;
    } catch (error) {
      // The lock timeout is reported without it.
      logBlindness(logger, error instanceof Error ? error.message : String(error));
    }
  };
  const pauseMs = Math.max(MIN_PAUSE_MS, lockTimeoutMs / 2);
  let timer = setTimeout(lookAndGoOn, pauseMs, pauseMs);
  function lookAndGoOn(pausedMs: number): void {
    looking = looking.then(look);
    // Less and less often: a long batch may simply have much to do.
    timer = setTimeout(lookAndGoOn, pausedMs * 2, pausedMs * 2);
  }
  try {
    return await run();
  } catch (error) {
    clearTimeout(timer);
    // A hanging look must not delay the error.
    await Promise.race([looking, sleep(MAX_LOOK_MS, undefined, { ref: false })]);
    throw await explain(error, seen);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Behind a pooler, the driver's process id is made up by the pooler, and may be that of an unrelated process: unless it
 * is known to be the server's own, the process has to be running a change of this org.
 */
function questionOf({ connection, org }: Waiting): string {
  const { processID } = connection as { readonly processID?: number };
  const pid = Number(processID);
  if (isDirect(connection)) return blockersQuery(pid, 'true');
  return blockersQuery(
    pid,
    `exists (select from pg_catalog.pg_stat_activity w where w.pid ${EQ} ${pid}
        and pg_catalog.strpos(w.query, ${literal(turnName(org))}) ${GT} 0)`,
  );
}

/** A prepared transaction has no session: it is 0 among the blocking pids, and its locks have none (manual 53.16, pg_prepared_xacts). */
function blockersQuery(pid: number, isOurs: string): string {
  const ageMs = (since: string): string =>
    `(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() ${MINUS} ${since}) ${TIMES} 1000)::bigint::pg_catalog.text`;
  return `with blocking as (
  select distinct b as pid from pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid})) b where ${isOurs}
), waiting as (
  select locktype, relation, (select pg_catalog.format('"%s"."%s"', n.nspname, c.relname) from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace where c.oid ${EQ} relation) as name
  from pg_catalog.pg_locks where pid ${EQ} ${pid} and not granted limit 1
)
select blocking.pid::pg_catalog.text, a.state, a.application_name as "applicationName", ${ageMs('a.xact_start')} as "ageMs",
  null as gid, waiting.locktype, waiting.name as table
from blocking left join waiting on true left join pg_catalog.pg_stat_activity a on a.pid ${EQ} blocking.pid
where blocking.pid ${GT} 0
union all
select '0', 'prepared', '', ${ageMs('p.prepared')}, p.gid, waiting.locktype, waiting.name
from waiting join pg_catalog.pg_locks held on held.relation ${EQ} waiting.relation and held.granted and held.pid is null
join pg_catalog.pg_locks own on own.virtualtransaction ${EQ} held.virtualtransaction and own.pid is null and own.transactionid is not null
join pg_catalog.pg_prepared_xacts p on p.transaction ${EQ} own.transactionid
where exists (select from blocking where blocking.pid ${EQ} 0)`;
}

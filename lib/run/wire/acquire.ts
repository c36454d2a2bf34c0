import type { Knex } from 'knex';
import { clientOf, type Connection } from './send';

/** tarn's pool, as knex holds it; a caller's own pool may have none of this. */
interface Pool {
  readonly max?: number;
  numUsed?(): number;
}

/**
 * A connection of the pool.
 *
 * @param limitMs the longest to wait, where knex's `acquireConnectionTimeout` is not short enough
 * @throws Error as knex, but for one that could not be made in time: the pool is not full then
 */
export async function acquired(db: Knex, limitMs?: number): Promise<Connection> {
  const wanted = clientOf(db).acquireConnection();
  try {
    return await (limitMs === undefined ? wanted : inTime(wanted, db, limitMs));
  } catch (error) {
    throw isNotMade(error, db) ? new Error('no connection could be made in time') : error;
  }
}

/** One that comes too late goes back to the pool. */
async function inTime(wanted: Promise<Connection>, db: Knex, limitMs: number): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, limitMs, undefined)));
  const connection = await Promise.race([wanted, late]).finally(() => clearTimeout(timer));
  if (connection !== undefined) return connection;
  void wanted.then((unused) => clientOf(db).releaseConnection(unused)).catch(ignore);
  throw new Error(`no connection within ${limitMs} ms`);
}

/** knex takes every wait that was too long for a full pool. */
function isNotMade(error: unknown, db: Knex): boolean {
  if (!(error instanceof Error) || error.name !== 'KnexTimeoutError') return false;
  const { pool } = db.client as { readonly pool?: Pool };
  const used = pool?.numUsed?.();
  return used !== undefined && pool?.max !== undefined && used < pool.max;
}

function ignore(): void {
  // Nobody waits for it any more.
}

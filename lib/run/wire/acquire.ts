import type { Knex } from 'knex';
import { clientOf, type Connection } from './send';

/** tarn's pool, as knex uses it; a caller's own pool may have none of this. */
interface Pool {
  readonly max?: number;
  numUsed?(): number;
}

/**
 * A connection of the pool.
 *
 * @param limitMs the longest wait, if knex's `acquireConnectionTimeout` is not short enough
 * @throws Error knex's own, except if a connection could not be opened in time: then the pool is not full
 */
export async function acquire(db: Knex, limitMs?: number): Promise<Connection> {
  const wanted = clientOf(db).acquireConnection();
  try {
    return await (limitMs === undefined ? wanted : inTime(wanted, db, limitMs));
  } catch (error) {
    throw isNotMade(error, db) ? new Error('no connection could be made in time') : error;
  }
}

/** A connection that comes too late returns to the pool. */
async function inTime(wanted: Promise<Connection>, db: Knex, limitMs: number): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, limitMs, undefined)));
  const connection = await Promise.race([wanted, late]).finally(() => clearTimeout(timer));
  if (connection !== undefined) return connection;
  void wanted.then((unused) => clientOf(db).releaseConnection(unused)).catch(ignore);
  throw new Error(`no connection within ${limitMs} ms`);
}

/** knex reports every wait that was too long as a full pool. */
function isNotMade(error: unknown, db: Knex): boolean {
  if (!(error instanceof Error) || error.name !== 'KnexTimeoutError') return false;
  const { pool } = db.client as { readonly pool?: Pool };
  const used = pool?.numUsed?.();
  return used !== undefined && pool?.max !== undefined && used < pool.max;
}

function ignore(): void {
  // No longer awaited.
}

import { MigrationError } from '../errors';
import { discard, valueOf } from '../run/wire/send';
import { slept } from '../run/waiting';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { AND_BITS, EQ, SHIFTED_RIGHT } from '../sql/qualified-sql';
import type { OnlineSession } from './online-session';

/** Between two tries, in milliseconds: grows from the first to the second. */
const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 250;

/** The key of the advisory lock that the session of an online change holds; it ends with the session. */
export function leaseKey(org: Identifier, table: Identifier): string {
  // No name contains a dot.
  return `pg_catalog.hashtextextended(${literal(`tenant_ddl online ${org}.${table}`)}, 0)`;
}

/** Runs `work` with the table's lease. */
export async function withLease<T>(session: OnlineSession, work: () => Promise<T>): Promise<T> {
  await takeLease(session);
  try {
    return await work();
  } finally {
    const key = leaseKey(session.org, session.table);
    // It ends with the session, where it cannot be given back.
    await session.ask(`select pg_catalog.pg_advisory_unlock(${key})`).catch(() => discard(session.connection));
  }
}

/**
 * Takes the table's lease. It asks again and again instead of waiting on the server: a statement that waits has a
 * snapshot, and CREATE INDEX CONCURRENTLY would wait for that (manual, CREATE INDEX, Building Indexes Concurrently).
 * The session of a client that died keeps its lease for as long as the server still builds for it.
 */
async function takeLease({ org, table, settings, ask }: OnlineSession): Promise<void> {
  const { signal, waitMs } = settings;
  const key = leaseKey(org, table);
  const startedAt = performance.now();
  for (let pauseMs = MIN_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
    const taken = valueOf(
      await ask(`select pg_catalog.pg_try_advisory_lock(${key})::pg_catalog.text as taken`),
      'taken',
    );
    if (taken === 'true') return;
    const leftMs = startedAt + waitMs - performance.now();
    if (leftMs <= 0) throw heldError(org, table, valueOf(await ask(`select ${holder(key)} as held`), 'held'));
    if (!(await slept(Math.min(pauseMs, leftMs), signal))) throw abortedError(org, table, signal);
  }
}

/** An expression: the process that has the lease (manual 53.12, pg_locks: a key of 64 bits in two halves); null if none has. */
export function holder(key: string): string {
  const half = (shift: number): string => `((${key} ${SHIFTED_RIGHT} ${shift}) ${AND_BITS} 4294967295::bigint)`;
  return `(select l.pid::pg_catalog.text from pg_catalog.pg_locks l where l.locktype ${EQ} 'advisory' and l.objsubid ${EQ} 1 and l.granted
    and l.database ${EQ} (select d.oid from pg_catalog.pg_database d where d.datname ${EQ} pg_catalog.current_database())
    and l.classid::bigint ${EQ} ${half(32)} and l.objid::bigint ${EQ} ${half(0)} limit 1)`;
}

function heldError(org: Identifier, table: Identifier, pid: unknown): MigrationError {
  const by = typeof pid === 'string' ? ` (process ${pid} of the server)` : '';
  return new MigrationError(
    `Another online change of "${org}"."${table}" is running${by}. Nothing was changed. Try again when it has ended, or give waitMs.`,
    { code: 'CHANGE_UNDER_WAY', org, table },
  );
}

/** The signal stopped it, before the next thing was begun. */
export function abortedError(org: Identifier, table: Identifier, signal: AbortSignal | undefined): MigrationError {
  return new MigrationError(`The online change of "${org}"."${table}" was stopped by its signal.`, {
    code: 'ABORTED',
    org,
    table,
    cause: signal?.reason,
  });
}

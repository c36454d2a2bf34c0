import { heard } from '../options/heard';
import { MigrationError } from '../errors';
import type { FillStage } from '../plan/online/stage';
import { LAG, lagWatch } from '../run/standby-lag';
import { slept } from '../run/waiting';
import { qualified } from '../sql/identifier';
import { EQ } from '../sql/qualified-sql';
import { batchSql, boundsSql, type Bounds, type Place } from './fill-batch';
import { abortedError } from './lease';
import type { OnlineSession } from './online-session';
import { readCursor, resetCursor, oidOf } from './record';
import { rowsOf } from '../run/wire/send';

/** Where a stage stands, for its progress. */
export interface FillPlace {
  readonly oid: string;
  readonly number: number;
  readonly of: number;
}

const FIRST_ROWS = 1000;
const MIN_ROWS = 100;
const MAX_ROWS = 20_000;

/** A pass skips the rows that others have locked; another one comes back for them. */
const MAX_PASSES = 100;
const PAUSE_BETWEEN_PASSES_MS = 200;
const PROGRESS_EVERY_MS = 1000;

/**
 * Fills rows in batches of about `batchMs`, in the order of the primary key: each is one statement that commits by
 * itself, together with its place in the record, so that a repeated call goes on there. Rows that others have locked
 * are left for another pass, so nobody waits for a batch for longer than it takes, and no batch waits for anybody.
 * With `maxLagMs`, the next batch waits for a standby that is behind, outside every transaction.
 */
export async function fill(session: OnlineSession, stage: FillStage, place: FillPlace): Promise<void> {
  const key = await readKey(session, place.oid);
  const inLag = inLagOf(session);
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    await onePass(session, stage, { ...place, ...key, inLag });
    if (!(await isLeft(session, stage))) {
      await session.ask(resetCursor(place.oid));
      return;
    }
    await session.ask(resetCursor(place.oid));
    if (!(await slept(PAUSE_BETWEEN_PASSES_MS, session.settings.signal))) break;
  }
  const { org, table, settings } = session;
  if (settings.signal?.aborted === true) throw abortedError(org, table, settings.signal);
  throw new MigrationError(`Other transactions keep rows of "${org}"."${table}" locked, which could not be filled.`, {
    code: 'LOCK_TIMEOUT',
    org,
    table,
    retryScope: 'transaction',
  });
}

type Key = Pick<Place, 'keyColumn' | 'keyType'>;

interface PassPlace extends FillPlace, Key {
  /** Resolves when the next batch may begin. */
  readonly inLag: (() => Promise<void>) | undefined;
}

function inLagOf({ ask, settings: { maxLagMs, signal } }: OnlineSession): PassPlace['inLag'] {
  return maxLagMs === undefined ? undefined : lagWatch({ ask: async () => [await ask(LAG)], maxLagMs, signal });
}

async function onePass(session: OnlineSession, stage: FillStage, at: PassPlace): Promise<void> {
  const { org, table, settings, ask } = session;
  const { cursor, upper: known, stage: due } = await readCursor(session, at.oid);
  const upper = known ?? (await lastKey(session, at));
  if (upper === null) return;
  let rows = FIRST_ROWS;
  let after = cursor;
  let done = 0;
  let toldAt = 0;
  const total = await estimate(session, at.oid);
  for (;;) {
    await at.inLag?.();
    if (settings.signal?.aborted === true) throw abortedError(org, table, settings.signal);
    const place = { org, table, ...at, upper };
    const [bounds] = rowsOf<Bounds>(await ask(boundsSql({ ...place, after }, rows)));
    const { first = null, last = null, seen } = bounds ?? {};
    if (first === null || last === null) return;
    const startedAt = performance.now();
    const { set, column, todo } = stage;
    await ask(batchSql({ ...place, stage: due, first, last, set, column, todo }));
    after = last;
    done += Number(seen);
    if (performance.now() - toldAt > PROGRESS_EVERY_MS) {
      toldAt = performance.now();
      heard(() => settings.onProgress?.({ org, table, stage: stage.name, number: at.number, of: at.of, done, total }));
    }
    rows = nextRows(rows, settings.batchMs, performance.now() - startedAt);
  }
}

/** Half as many at least, and twice as many at most. */
function nextRows(rows: number, targetMs: number, tookMs: number): number {
  const factor = Math.min(2, Math.max(0.5, targetMs / Math.max(1, tookMs)));
  return Math.round(Math.min(MAX_ROWS, Math.max(MIN_ROWS, rows * factor)));
}

async function readKey({ ask }: OnlineSession, oid: string): Promise<Key> {
  const [key] = rowsOf<{ readonly column: string; readonly type: string }>(
    await ask(`select pg_catalog.quote_ident(a.attname) as column, pg_catalog.concat(pg_catalog.quote_ident(n.nspname), '.', pg_catalog.quote_ident(t.typname)) as type
from pg_catalog.pg_index x join pg_catalog.pg_attribute a on a.attrelid ${EQ} x.indrelid and a.attnum ${EQ} x.indkey[0]
join pg_catalog.pg_type t on t.oid ${EQ} a.atttypid join pg_catalog.pg_namespace n on n.oid ${EQ} t.typnamespace
where x.indrelid ${EQ} ${oidOf(oid)} and x.indisprimary and x.indnkeyatts ${EQ} 1`),
  );
  if (key === undefined)
    throw new MigrationError('The primary key of the table is gone.', { code: 'CHANGE_UNDER_WAY' });
  return { keyColumn: key.column, keyType: key.type };
}

/** Rows that come in later have their default: without a bound, a busy table would never be done. */
async function lastKey({ ask, org, table }: OnlineSession, { keyColumn }: Key): Promise<string | null> {
  const sql = `select k.${keyColumn}::pg_catalog.text as last from ${qualified(org, table)} k order by k.${keyColumn} desc limit 1`;
  return rowsOf<{ readonly last: string }>(await ask(sql))[0]?.last ?? null;
}

async function isLeft({ runLong, org, table }: OnlineSession, { todo }: FillStage): Promise<boolean> {
  return rowsOf(await runLong(`select true as found from ${qualified(org, table)} t where ${todo} limit 1`)).length > 0;
}

/** To count them would read the whole table. */
async function estimate({ ask }: OnlineSession, oid: string): Promise<number | undefined> {
  const sql = `select c.reltuples::pg_catalog.text as rows from pg_catalog.pg_class c where c.oid ${EQ} ${oidOf(oid)}`;
  const rows = Number(rowsOf<{ readonly rows: string }>(await ask(sql))[0]?.rows ?? -1);
  return rows < 0 ? undefined : Math.round(rows);
}

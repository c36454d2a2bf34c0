import type { Knex } from 'knex';
import { heard } from '../options/heard';
import { slept } from '../run/waiting';
import { askLedger } from './ask-ledger';
import type { RolloutSettings } from './rollout-settings';
import { rowsOf } from '../run/wire/send';

/** How often a standby is looked at. */
const LOOK_EVERY_MS = 1000;

/** Resolves when the next tenant may begin. */
export function pacer(servers: readonly Knex[], settings: RolloutSettings): () => Promise<void> {
  const { maxPerSecond, maxLagMs, signal } = settings;
  const gapMs = maxPerSecond === undefined ? 0 : 1000 / maxPerSecond;
  let nextAt = performance.now();
  const inLag = maxLagMs === undefined ? undefined : lagWatch(servers, maxLagMs, settings);
  return async () => {
    if (inLag !== undefined) await inLag();
    if (gapMs === 0) return;
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + gapMs;
    if (at - now >= 1) await slept(at - now, signal);
  };
}

/** Of the standby that is furthest behind; null where none is seen, or none is behind (manual 27.2.4). */
const LAG = `select (pg_catalog.extract('epoch', pg_catalog.max(greatest(replay_lag, flush_lag, write_lag))) operator(pg_catalog.*) 1000)::double precision as lag
from pg_catalog.pg_stat_replication`;

/** One look for all connections, and a wait for as long as one standby is too far behind. */
function lagWatch(servers: readonly Knex[], maxLagMs: number, settings: RolloutSettings): () => Promise<void> {
  const { change, signal } = settings;
  let lookedAt = -Infinity;
  let looking: Promise<void> | undefined;
  const lags = async (): Promise<boolean> => {
    const found = await Promise.all(
      servers.map(async (server) => rowsOf<{ readonly lag: number | null }>(await askLedger(server, LAG, change))[0]),
    );
    return found.some((row) => (row?.lag ?? 0) > maxLagMs);
  };
  const look = async (): Promise<void> => {
    while (await lags()) if (!(await slept(LOOK_EVERY_MS, signal))) return;
    lookedAt = performance.now();
  };
  return async () => {
    if (performance.now() - lookedAt < LOOK_EVERY_MS) return;
    looking ??= look().finally(() => (looking = undefined));
    await looking;
  };
}

/** Calls `tell` at most once in that time, and never two at once. */
export function onceIn(
  everyMs: number,
  tell: () => Promise<void>,
): { readonly soon: () => void; readonly now: () => Promise<void> } {
  let toldAt = performance.now();
  let telling: Promise<void> | undefined;
  const now = async (): Promise<void> => {
    toldAt = performance.now();
    telling ??= tell().finally(() => (telling = undefined));
    await telling;
  };
  return {
    soon: () => {
      if (performance.now() - toldAt >= everyMs) void heard(now);
    },
    now,
  };
}

import type { Knex } from 'knex';
import { heard } from '../options/heard';
import { LAG, lagWatch } from '../run/standby-lag';
import { slept } from '../run/waiting';
import { askLedger, type LedgerAnswers } from './ask-ledger';
import type { RolloutSettings } from './rollout-settings';

/** Resolves when the next tenant may begin. */
export function pacer(servers: readonly Knex[], settings: RolloutSettings): () => Promise<void> {
  const { maxPerSecond, maxLagMs, signal } = settings;
  const gapMs = maxPerSecond === undefined ? 0 : 1000 / maxPerSecond;
  let nextAt = performance.now();
  const inLag = maxLagMs === undefined ? undefined : inLagOf(servers, maxLagMs, settings);
  return async () => {
    if (inLag !== undefined) await inLag();
    if (gapMs === 0) return;
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + gapMs;
    if (at - now >= 1) await slept(at - now, signal);
  };
}

/** One look for all connections. */
function inLagOf(servers: readonly Knex[], maxLagMs: number, { change, signal }: RolloutSettings): () => Promise<void> {
  const ask = (): Promise<LedgerAnswers[]> => Promise.all(servers.map((server) => askLedger(server, LAG, change)));
  return lagWatch({ ask, maxLagMs, signal });
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

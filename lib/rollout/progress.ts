import { heard } from '../options/heard';
import type { RolloutProgress, RolloutStatus } from './rollout-types';

/** Over how long the rate is counted. */
const RATE_OVER_MS = 60_000;

/** Makes what `onProgress` is given of what the ledger has. */
export function progressTeller(
  onProgress: ((progress: RolloutProgress) => void) | undefined,
): (status: RolloutStatus, wave: number) => void {
  const seen: { readonly at: number; readonly settled: number }[] = [];
  return (status, wave) => {
    const now = performance.now();
    const settled = status.targets - status.pending;
    seen.push({ at: now, settled });
    while (seen.length > 2 && now - (seen[0]?.at ?? now) > RATE_OVER_MS) seen.shift();
    const since = seen[0] ?? { at: now, settled };
    const perSecond = now > since.at ? ((settled - since.settled) / (now - since.at)) * 1000 : 0;
    const { name, state, targets, done, already, failed, skipped, gone, pending } = status;
    const counts = { targets, done, already, failed, skipped, gone, pending };
    const leftMs = pending === 0 ? 0 : perSecond > 0 ? Math.round((pending / perSecond) * 1000) : undefined;
    heard(() => onProgress?.({ name, state, wave, ...counts, perSecond, leftMs }));
  };
}

import { slept } from './waiting';
import { valueOf, type Answer } from './wire/send';

/** How often a standby is looked at. */
const LOOK_EVERY_MS = 1000;

/** Of the standby that is furthest behind; null where none is seen, or none is behind (manual 27.2.4). */
export const LAG = `select (pg_catalog.extract('epoch', pg_catalog.max(greatest(replay_lag, flush_lag, write_lag))) operator(pg_catalog.*) 1000)::double precision as lag
from pg_catalog.pg_stat_replication`;

/** What {@link LAG} is asked with, of one server or of several. */
export interface LagLook {
  readonly ask: () => Promise<readonly (readonly Answer[])[]>;
  readonly maxLagMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * One look for all who ask, at most once a second, and a wait for as long as one standby is too far behind. The wait also
 * ends with the signal.
 */
export function lagWatch({ ask, maxLagMs, signal }: LagLook): () => Promise<void> {
  let lookedAt = -Infinity;
  let looking: Promise<void> | undefined;
  const lags = async (): Promise<boolean> =>
    (await ask()).some((answers) => Number(valueOf(answers, 'lag') ?? 0) > maxLagMs);
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

import { wholeFrom } from '../options/checks';
import { option, type GivenBy, type SettledBy } from '../options/option';
import { ONLINE_OPTIONS } from '../options/options';

const { lockTimeoutMs, stageTimeoutMs, batchMs, maxLagMs } = ONLINE_OPTIONS;

export const ONLINE_ROLLOUT_OPTIONS = {
  /** From how many rows on a table is changed online, as PostgreSQL estimates them; smaller ones are changed plainly. Default 50000. */
  fromRows: option<number>({ default: 50_000, check: wholeFrom(0) }),
  lockTimeoutMs,
  stageTimeoutMs,
  batchMs,
  maxLagMs,
};

/** How a rollout makes changes online. */
export interface OnlineRolloutOptions extends GivenBy<typeof ONLINE_ROLLOUT_OPTIONS> {}

/** With nothing left out. Plain data, which a job of a queue can carry. */
export type SettledOnline = SettledBy<typeof ONLINE_ROLLOUT_OPTIONS>;

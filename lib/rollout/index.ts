export { formatRollout } from './format-rollout';
export { prepareLedger } from './prepare-ledger';
export { rollOut } from './roll-out';
export { pauseRollout, resumeRollout } from './rollout-state';
export { rolloutStatus } from './status';
export { workRollouts, type RolloutWorker, type WorkerOptions } from './work-rollouts';
export type { OnlineRolloutOptions } from './online-rollout-options';
export type { RolloutQueue } from './queue-types';
export type { RolloutOptions, RolloutTarget, RolloutTargets, StopRule } from './rollout-options';
export type {
  RolloutCounts,
  RolloutFailures,
  RolloutProgress,
  RolloutReport,
  RolloutSpec,
  RolloutState,
  RolloutStatus,
  RolloutTrial,
  RolloutWave,
} from './rollout-types';

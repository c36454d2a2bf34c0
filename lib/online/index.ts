export { abandonOnline, type Abandoned } from './abandon-online';
export { applyOnline, type OnlineResult } from './apply-online';
export { onlineStatus, type OnlineStatus } from './online-status';
export { planOnline, type OnlinePlan, type OnlineStage } from './plan-online';
export type { StageRan } from './run-stages';

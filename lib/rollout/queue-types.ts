import type { SettledOnline } from './online-rollout-options';

/**
 * A started pg-boss, 10 or 12, as far as it is used. It is given by the caller and never imported, so the version is the
 * caller's choice.
 */
export interface RolloutQueue {
  /** Creates a queue, if it does not exist. */
  createQueue(name: string): Promise<unknown>;
  /** Adds a job. */
  send(name: string, data: object, options?: object): Promise<unknown>;
  /** Takes jobs, and passes them to the handler. */
  work(name: string, options: object, handler: (jobs: never) => Promise<unknown>): Promise<unknown>;
  /** Stops taking jobs. */
  offWork(name: string): Promise<unknown>;
}

/** The queue of pg-boss that rollouts use. */
export const QUEUE = 'tenant_ddl_rollout';

/** The data of a job: which rollout has work to do. Everything else is in the ledger. */
export interface WakeUp {
  readonly name: string;
  readonly until: number;
  readonly ifThere: 'fail' | 'adopt';
  /** Null where changes are made plainly. */
  readonly online: SettledOnline | null;
  readonly rule: {
    readonly failures: number;
    readonly ratio: number;
    readonly of: number;
    readonly reason?: 'canary';
  } | null;
}

export const QUEUE_METHODS = ['createQueue', 'send', 'work', 'offWork'] as const;

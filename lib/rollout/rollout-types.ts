import type { Change } from '../plan/operations';
import type { ErrorCode } from '../errors';
import type { Outcome } from '../run/wire/ledger-row';

/** What is to be rolled out. */
export interface RolloutSpec {
  /** Of this rollout in the ledger, for good: a second call of the same name goes on where the first one ended. */
  readonly name: string;
  /** For every tenant without its own list. A rollout that goes on without new orgs has its list in the ledger. */
  readonly changes?: readonly Change[] | undefined;
}

/** The progress of a rollout. */
export type RolloutState = 'running' | 'paused' | 'stopped' | 'finished';

/** How many tenants have come to what. They always add up: `targets` is the sum of all others. */
export type RolloutCounts = Readonly<Record<'targets' | Outcome, number>>;

/** Failures of one kind. */
export interface RolloutFailures {
  readonly code: ErrorCode;
  /** In SQL's words, where it was one change of the list. */
  readonly operation?: string;
  readonly table?: string;
  readonly constraint?: string;
  readonly count: number;
  /** Three of the orgs. */
  readonly examples: readonly string[];
}

/** What the ledger has of a rollout. */
export interface RolloutStatus extends RolloutCounts {
  readonly name: string;
  /** Of the list of changes. */
  readonly hash: string;
  readonly state: RolloutState;
  /** Why it is stopped or paused. */
  readonly reason?: string;
  readonly failures: readonly RolloutFailures[];
  readonly createdAt: Date;
  /** When it last began or went on. */
  readonly startedAt: Date;
  readonly endedAt?: Date;
}

/** What a trial showed. */
export interface RolloutTrial {
  readonly orgs: readonly string[];
  readonly failures: readonly RolloutFailures[];
  /** Of a tenant, in milliseconds. */
  readonly medianMs: number;
  readonly maxMs: number;
}

/** What `rollOut` gives. */
export interface RolloutReport extends RolloutStatus {
  /** `aborted` where the signal ended it: it can go on. */
  readonly ended: 'finished' | 'stopped' | 'paused' | 'aborted';
  readonly trial?: RolloutTrial;
  /** Of this call, in milliseconds. */
  readonly durationMs: number;
}

/** A wave that has ended, for {@link RolloutOptions.check}. */
export interface RolloutWave extends RolloutCounts {
  readonly name: string;
  /** 0 is the canary. */
  readonly wave: number;
  /** The tenants that this call has changed in it. */
  readonly orgs: readonly string[];
}

/** What `onProgress` is given. */
export interface RolloutProgress extends RolloutCounts {
  readonly name: string;
  readonly state: RolloutState;
  readonly wave: number;
  /** Tenants a second, over the last minute. */
  readonly perSecond: number;
  /** At that rate, in milliseconds; undefined before there is one. */
  readonly leftMs: number | undefined;
}

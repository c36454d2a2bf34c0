import type { ErrorCode } from '../../errors';
import type { Effect } from '../../plan/effects';

/** What the server says of a change whose spec is well formed, and that this table or this server cannot have. */
export interface Refusal {
  readonly states: readonly string[];
  /** The functions in the server's source that say it, the same in every language; any of them if left out. */
  readonly routines?: readonly string[];
  /** Whether an effect of the change can be the one that is meant; any of them if left out. */
  readonly isOf?: (effect: Effect, reason: string, org: string | undefined) => boolean;
  /** INVALID_SPEC if left out. */
  readonly code?: ErrorCode;
  /** What is wrong, without a full stop; `reason` is the server's own sentence. */
  readonly what: (reason: string, model: string) => string;
  /** What to do, as sentences. */
  readonly advice?: string;
}

import type { ErrorCode } from '../errors';

/** Where a change failed, for the words of its operation. */
export interface FailurePlace {
  readonly org: string;
  /** `"acme-corp"."invoice"` */
  readonly model: string;
  /** Empty where it is not known. */
  readonly column: string;
  /** The server's own sentence, in brackets. */
  readonly reason: string;
  /** What depends on what the change would have altered or dropped. */
  readonly dependents: string;
}

/** What an operation says of a failure beside what is true of every change: what happened, and what to do instead. */
export type Advice = Readonly<Partial<Record<ErrorCode, (at: FailurePlace) => string>>>;

/** The query that finds values which are there more than once. */
export function correctAlike({ column, model }: FailurePlace): string {
  return column === ''
    ? 'Correct these first.'
    : `Correct these first (select "${column}", count(*) from ${model} group by 1 having count(*) > 1).`;
}

/** What the command line ends with. */
export const EXIT = {
  done: 0,
  /** Or a report that is not complete. */
  error: 1,
  /** Differences, or tenants that are pending. */
  differences: 2,
  failedTenants: 3,
  usage: 64,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where several are true, the first of these is reported. */
const WORST_FIRST = [EXIT.interrupted, EXIT.usage, EXIT.error, EXIT.failedTenants, EXIT.differences] as const;

export function worstOf(codes: Iterable<ExitCode>): ExitCode {
  const all = new Set(codes);
  return WORST_FIRST.find((code) => all.has(code)) ?? EXIT.done;
}

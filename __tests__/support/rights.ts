// Tests run as whatever role DATABASE_URL names. The few that need a superuser say so, and are skipped for another.

/** What environment.cjs looks for. */
export const SKIPPED = 'Skipped:';

/** Ends a test as skipped, with its reason, where the role under test is an ordinary one. */
export function needSuperuser(toDo: string): void {
  if (process.env.TEST_SUPERUSER === 'false') throw new Error(`${SKIPPED} only a superuser may ${toDo}.`);
}

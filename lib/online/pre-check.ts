import { MAX_FOUND, type PreCheck } from '../plan/online/stage';
import { MigrationError } from '../errors';
import { rowsOf, type Answer } from '../run/wire/send';
import type { Subject } from '../plan/subject';
import { explainedError } from '../run/failures/message';
import { textOf } from '../sql/statement';
import type { OnlineSession } from './online-session';

/**
 * Looks for what would make the change fail, before anything is done. A row that comes in afterwards makes a stage
 * fail instead, which then leaves nothing either.
 *
 * @throws MigrationError UNIQUE_VIOLATION, …, with the columns and a count, and no values
 */
export async function preCheck(session: OnlineSession, subject: Subject, checks: readonly PreCheck[]): Promise<void> {
  const { org, table, ask, runLong } = session;
  for (const check of checks) {
    if ('guard' in check) {
      await ask(textOf(check.guard));
      continue;
    }
    const found = await countOf(runLong(check.sql));
    if (found === 0) continue;
    const { code, columns, message } = check;
    const [only] = columns;
    const rows = `${found >= MAX_FOUND ? `At least ${MAX_FOUND}` : found} in the way: ${columns.join(', ')}.`;
    if (message !== undefined) throw new MigrationError(`${message} ${rows}`, { code, org, table, column: only });
    throw explainedError(undefined, {
      code,
      org,
      table,
      column: columns.length === 1 ? only : undefined,
      subject,
      retryScope: 'none',
      rows,
    });
  }
}

async function countOf(answers: Promise<readonly Answer[]>): Promise<number> {
  try {
    const [row] = rowsOf<{ readonly found: string }>(await answers);
    return Number(row?.found);
  } catch (error) {
    // Columns that cannot be compared: the change itself says so better, and nothing is left then.
    if (error instanceof MigrationError && error.sqlState === UNDEFINED_FUNCTION) return 0;
    throw error;
  }
}

/** No such operator. */
const UNDEFINED_FUNCTION = '42883';

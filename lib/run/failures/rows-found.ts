import type { ErrorCode } from '../../errors';
import { MAX_COUNTED_ROWS, ROWS_SETTING } from '../../plan/rows-in-the-way';
import type { Subject } from '../../plan/subject';
import { valueOf, type Answer } from '../wire/send';

/** What counts the rows that a failure is about, where one change alone can have failed on some. */
export function rowsQuestions(subjects: readonly Subject[], code: ErrorCode): readonly string[] {
  const [count, ...others] = subjects.flatMap(({ rows }) => rows?.[code] ?? []);
  if (count === undefined || others.length > 0) return [];
  return [count, `select pg_catalog.current_setting('${ROWS_SETTING}', true) as tenant_ddl_rows_in_the_way`];
}

/** `3 rows`, or `3 of the first 10,000 rows`; nothing where none were found, or the look did not come about. */
export function rowsFoundIn(answers: readonly Answer[]): string | undefined {
  const text = valueOf(answers, 'tenant_ddl_rows_in_the_way');
  const [found = 0, seen = 0] = typeof text === 'string' ? text.split(' ').map(Number) : [];
  if (found === 0) return undefined;
  if (seen >= MAX_COUNTED_ROWS) return `${found} of the first ${MAX_COUNTED_ROWS.toLocaleString('en')} rows`;
  return found === 1 ? '1 row' : `${found} rows`;
}

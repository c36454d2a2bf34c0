import type { ErrorCode } from '../../errors';
import { MAX_COUNTED_ROWS, ROWS_SETTING } from '../../plan/rows-in-the-way';
import type { Subject } from '../../plan/subject';
import { valueOf, type Answer } from '../wire/send';

/** Counts the rows that a failure is about, if only one change can have failed on some. */
export function rowsQuestions(subjects: readonly Subject[], code: ErrorCode): readonly string[] {
  const count = onlyOneWithRows(subjects, code)?.rows?.[code];
  if (count === undefined) return [];
  return [count, `select pg_catalog.current_setting('${ROWS_SETTING}', true) as tenant_ddl_rows_in_the_way`];
}

/** The change that can have failed on some rows, if it is the only one. */
export function onlyOneWithRows(subjects: readonly Subject[], code: ErrorCode): Subject | undefined {
  const [one, ...others] = subjects.filter(({ rows }) => rows?.[code] !== undefined);
  return others.length === 0 ? one : undefined;
}

/** The number of rows and the query that finds them, as sentences; undefined if there are none, or the count failed. */
export function rowsFoundIn(answers: readonly Answer[], model: string): string | undefined {
  const text = valueOf(answers, 'tenant_ddl_rows_in_the_way');
  const [count, looked, ...places] = typeof text === 'string' ? text.split(' ') : [];
  const [found, seen] = [Number(count ?? 0), Number(looked ?? 0)];
  if (found === 0) return undefined;
  const rows =
    seen >= MAX_COUNTED_ROWS
      ? `${found} of the first ${MAX_COUNTED_ROWS.toLocaleString('en')} rows`
      : found === 1
        ? '1 row'
        : `${found} rows`;
  return `${placesQuery(places, found, model)}In the way: ${rows}.`;
}

/** Finds rows by their location: the same for every type, and valid until they are written. */
function placesQuery(places: readonly string[], found: number, model: string): string {
  // Not every count notes where its rows are.
  const parts = places.flatMap((place) => {
    const found = /^(\d*)(\(\d+,\d+\))$/.exec(place);
    return found === null ? [] : [found.slice(1)];
  });
  if (parts.length === 0) return '';
  const isDivided = parts.some(([home]) => home !== '');
  const rows = parts.map(([home = '', place = '']) => (isDivided ? `(${home}, '${place}')` : `'${place}'`));
  const which = parts.length < found ? `the first ${parts.length} of them` : found === 1 ? 'it' : 'them';
  return `To find ${which}: select * from ${model} where ${isDivided ? '(tableoid, ctid)' : 'ctid'} in (${rows.join(', ')}). `;
}

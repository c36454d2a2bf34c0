import type { ErrorCode } from '../../errors';
import type { Effect } from '../../plan/effects';
import type { Subject } from '../../plan/subject';

/** Where the server says it happened, which not every error does. */
export function textOf(error: unknown, key: 'table' | 'column'): string | undefined {
  const value = (error as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : undefined;
}

/** What a change does if it can fail like this and the server names no table. */
const VERBS: Readonly<Partial<Record<ErrorCode, readonly Effect['verb'][]>>> = {
  CONVERSION_FAILED: ['alters'],
  DEPENDENT_OBJECTS: ['alters', 'drops'],
};

/** The change of a list that failed, if no other one can have. */
export function failedChange(error: unknown, subjects: readonly Subject[], code: ErrorCode): Subject | undefined {
  const [table, column] = [textOf(error, 'table'), textOf(error, 'column')];
  const verbs = VERBS[code];
  const isAble = (subject: Subject): boolean =>
    subjects.length === 1 ||
    (table !== undefined
      ? subject.table === table && (column === undefined || subject.fields.some((field) => field === column))
      : verbs !== undefined && subject.effects.some(({ verb }) => verbs.includes(verb)));
  const [one, ...others] = subjects.filter(isAble);
  return others.length === 0 ? one : undefined;
}

import type { ErrorCode, MigrationError } from '../../errors';
import type { Effect } from '../../plan/effects';
import type { Subject } from '../../plan/subject';
import { reasonOf } from './advice';
import { explainedError } from './message';
import { classifyInMemory } from './sql-states';

/** An error of pg-mem in the words of this library: only its message tells the cause. */
export function explainedErrorInMemory(error: unknown, org: string, subjects: readonly Subject[]): MigrationError {
  const { code, retryScope } = classifyInMemory(error);
  const subject = subjects.length === 1 ? subjects[0] : undefined;
  const field = subject?.fields.length === 1 ? subject.fields[0] : undefined;
  const table = code.startsWith('TENANT_') ? undefined : subject?.table;
  const named = /"([^"]*)"|schema not found: (\S+)/.exec(reasonOf(error));
  const name = named?.[1] ?? named?.[2];
  const isOwnField = subject?.fields.some((own) => own === name) === true;
  const column = ABOUT_A_FIELD.includes(code) ? (isOwnField ? name : field) : undefined;
  if (code === 'MODEL_NOT_FOUND' && subject?.effects.some(isDropOfIndex) === true && name !== subject.table) {
    return explainedError(error, { code: 'INDEX_NOT_FOUND', retryScope, org, table });
  }
  if (name !== undefined && isAnothers(code, name, org, subject)) {
    const target = code === 'FIELD_NOT_FOUND' ? undefined : { schema: org, table: name };
    return explainedError(error, {
      code: 'REFERENCE_NOT_FOUND',
      retryScope,
      org,
      table: subject?.table,
      column: field,
      target,
    });
  }
  return explainedError(error, { code, retryScope, org, table, column });
}

function isDropOfIndex({ verb, of }: Effect): boolean {
  return verb === 'drops' && of === 'index';
}

const ABOUT_A_FIELD: readonly ErrorCode[] = [
  'FIELD_EXISTS',
  'FIELD_NOT_FOUND',
  'NOT_NULL_VIOLATION',
  'UNIQUE_VIOLATION',
];

/** Missing, and not part of the change itself: so it is the target of a reference. */
function isAnothers(code: ErrorCode, name: string, org: string, subject: Subject | undefined): boolean {
  if (code === 'TENANT_NOT_FOUND') return name !== org;
  if (code === 'MODEL_NOT_FOUND') return subject?.table !== undefined && name !== subject.table;
  if (code !== 'FIELD_NOT_FOUND' || subject === undefined) return false;
  return !subject.expectations.some((expected) => expected.code === code && expected.column === name);
}

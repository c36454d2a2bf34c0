import { GUARD_STATES, sharedIn } from '../../sql/server-check';
import { derivedName, type Identifier } from '../../sql/identifier';
import { classifyInUse, sqlStateOf } from './sql-states';
import type { ErrorCode } from '../../errors';
import { isLossKey, isNulledKey } from '../../plan/alter-field/conversion';
import type { Expectation } from '../../plan/effects';
import type { Subject } from '../../plan/subject';
import { reasonOf } from './advice';
import { isConversion, isUseOfColumn } from './column-errors';
import { factsOf, factsQuery, tablesIn } from './facts';
import type { Diagnosis } from './message';
import { refusedByCitus } from './refused-by-citus';
import { refusedSpec } from './refused-spec';
import { failedBy, firstUnmet, onlyField } from './unmet';
import { failedChange, textOf } from './failed-change';
import { onlyOneWithRows, rowsFoundIn, rowsQuestions } from './rows-found';
import { usersIn, usersQuestions } from './users-of-field';
import type { Answer } from '../wire/send';

/** The errors that do not tell which name is meant: one of the change's own table, or one that it refers to. */
const ABOUT_NAMES: ReadonlySet<string> = new Set(['3F000', '42P01', '42P07', '42701', '42703', '42710']);

/** The questions about a failure, sent with the rollback. */
export function questionsAbout(error: unknown, org: Identifier, subjects: readonly Subject[]): readonly string[] {
  return [
    ...rowsQuestions(subjects, rowsCodeOf(error, subjects)),
    ...usersQuestions(error, org, subjects),
    factsQuery(subjects),
  ];
}

function rowsCodeOf(error: unknown, subjects: readonly Subject[]): ErrorCode {
  if (isConversionOf(error, subjects)) return 'CONVERSION_FAILED';
  if (sqlStateOf(error) === GUARD_STATES.unforeseen && isLossKey((error as Error).message)) return 'HAZARD_REFUSED';
  if (sqlStateOf(error) === GUARD_STATES.unforeseen && isNulledKey((error as Error).message))
    return 'CONVERSION_FAILED';
  return classifyInUse(error).code;
}

function isConversionOf(error: unknown, subjects: readonly Subject[]): boolean {
  return isConversion(error) && subjects.some(({ effects }) => effects.some(({ verb }) => verb === 'alters'));
}

/** The cause of a failure: from its SQLSTATE and, if that does not tell the name, from the catalog. */
export function diagnosed(
  error: unknown,
  org: string,
  subjects: readonly Subject[],
  answers: readonly Answer[],
): Diagnosis {
  const rowsCode = rowsCodeOf(error, subjects);
  const only = failedChange(error, subjects, isUseOfColumn(error) ? 'DEPENDENT_OBJECTS' : rowsCode);
  const general: Diagnosis = {
    ...classifyInUse(error),
    rows: rowsFoundIn(answers, `"${org}"."${onlyOneWithRows(subjects, rowsCode)?.table ?? ''}"`),
    org,
    subject: only,
    table: textOf(error, 'table') ?? only?.table,
    column: textOf(error, 'column') ?? onlyField(only),
  };
  const byCitus = refusedByCitus(error, general, subjects);
  if (byCitus !== undefined) return byCitus;
  const shared = sqlStateOf(error) === GUARD_STATES.dependents ? sharedIn((error as Error).message) : undefined;
  if (shared !== undefined) {
    return { ...general, table: shared.table, column: shared.column };
  }
  if (isUseOfColumn(error)) return { ...general, code: 'DEPENDENT_OBJECTS' };
  if (ABOUT_KINDS.has(sqlStateOf(error) ?? '')) {
    const wrong = noTable(org, subjects, answers);
    if (wrong !== undefined) return wrong;
  }
  if (isConversionOf(error, subjects)) {
    return { ...general, code: 'CONVERSION_FAILED' };
  }
  if (sqlStateOf(error) === GUARD_STATES.elsewhere) {
    return { ...general, dependents: JSON.parse(reasonOf(error)) as string[] };
  }
  const users = usersIn(answers);
  if (users.length > 0) return { ...general, code: 'DEPENDENT_OBJECTS', dependents: users };
  const refused = refusedSpec(error, general, subjects);
  if (refused !== undefined) return refused;
  const second = secondReference(error, org, subjects);
  if (second !== undefined) return second;
  if (general.code === 'REFERENCE_NOT_FOUND') return referring(general, subjects);
  const facts = factsOf(answers);
  if (facts === undefined || !ABOUT_NAMES.has(sqlStateOf(error) ?? '')) return general;
  // The catalog is read after the locks are released: if others have changed it since, the server's message decides.
  // If that names nothing either, it is an index or a constraint.
  return (
    firstUnmet(org, subjects, facts) ??
    namedIn(error, general, subjects) ?? { ...general, code: 'DATABASE_ERROR', retryScope: 'none' }
  );
}

/** Which expectation of a change the answer to {@link factsQuery} does not meet, before the change begins. */
export function unmetIn(org: string, subjects: readonly Subject[], answers: readonly Answer[]): Diagnosis | undefined {
  const facts = factsOf(answers);
  return (facts && firstUnmet(org, subjects, facts)) ?? noTable(org, subjects, answers);
}

/** wrong_object_type; feature_not_supported, of a foreign table. */
const ABOUT_KINDS: ReadonlySet<string> = new Set(['42809', '0A000']);

/** By pg_class.relkind. */
const KINDS: Readonly<Record<string, string>> = {
  v: 'a view',
  m: 'a materialized view',
  S: 'a sequence',
  f: 'a foreign table',
  i: 'an index',
  I: 'an index',
  c: 'a composite type',
};

/** An object that has the name of a table of the change, or of one that it refers to, but is not a table. */
function noTable(org: string, subjects: readonly Subject[], answers: readonly Answer[]): Diagnosis | undefined {
  const kinds = new Map(tablesIn(answers).map(([schema, table, , kind]) => [`${schema}.${table}`, KINDS[kind]]));
  for (const subject of subjects) {
    for (const expected of subject.expectations.filter(({ present }) => present)) {
      const kind = kinds.get(`${expected.schema}.${expected.table}`);
      if (kind !== undefined) return { ...failedBy(expected, org, subject), kind };
    }
  }
  return undefined;
}

/** duplicate_object, with the name that a foreign key of these columns has. */
function secondReference(error: unknown, org: string, subjects: readonly Subject[]): Diagnosis | undefined {
  if (sqlStateOf(error) !== '42710') return undefined;
  const { message } = error as Error;
  const found = subjects.find(
    ({ table, fields }) => table !== undefined && message.includes(`"${derivedName('fkey', table, fields)}"`),
  );
  return found && { code: 'REFERENCE_EXISTS', retryScope: 'none', org, table: found.table, column: onlyField(found) };
}

/** invalid_foreign_key names no place; it is known if only one change of a list refers to something. */
function referring(general: Diagnosis, subjects: readonly Subject[]): Diagnosis {
  const refer = subjects.filter(({ expectations }) => expectations.some(({ code }) => code === 'REFERENCE_NOT_FOUND'));
  const [one] = refer;
  return refer.length === 1 && one !== undefined
    ? { ...general, table: one.table, column: general.column ?? onlyField(one) }
    : general;
}

/** The expectation that the server's message names, in whatever language. */
function namedIn(error: unknown, general: Diagnosis, subjects: readonly Subject[]): Diagnosis | undefined {
  const { message } = error as Error;
  const state = sqlStateOf(error);
  if (state === '3F000' && message.includes(`"${general.org}"`)) {
    return { code: 'TENANT_NOT_FOUND', retryScope: 'none', org: general.org };
  }
  const present = state === '42P01' || state === '42703' || state === '3F000';
  const ofColumn = state === '42703' || state === '42701';
  const names = ({ schema, table, column }: Expectation): readonly string[] =>
    state === '3F000' ? [schema] : ofColumn ? [column ?? ''] : [table, `${schema}.${table}`];
  for (const subject of subjects) {
    const found = subject.expectations.find(
      (expected) =>
        expected.present === present &&
        (expected.column !== undefined) === ofColumn &&
        names(expected).some((name) => message.includes(`"${name}"`)),
    );
    if (found !== undefined) return failedBy(found, general.org, subject);
  }
  return undefined;
}

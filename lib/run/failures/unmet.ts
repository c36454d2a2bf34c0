import { createsTable, type Expectation, type Presence } from '../../plan/effects';
import type { Subject } from '../../plan/subject';
import type { Diagnosis } from './message';

function keyOf({ schema, table, column }: Presence): string {
  return column === undefined ? `${schema}.${table}` : `${schema}.${table}.${column}`;
}

/** Goes through the changes in order, applying the effects of each for the next. */
export function firstUnmet(
  org: string,
  subjects: readonly Subject[],
  facts: ReadonlySet<string>,
): Diagnosis | undefined {
  if (!facts.has(org)) return { code: 'TENANT_NOT_FOUND', retryScope: 'none', org };
  const there = new Set(facts);
  for (const [place, subject] of subjects.entries()) {
    const made = madeTogether(subjects, place);
    const unmet = subject.expectations.find(
      (expected) =>
        there.has(keyOf(expected)) !== expected.present &&
        !(expected.code === 'REFERENCE_NOT_FOUND' && made.has(keyOf(expected))),
    );
    if (unmet !== undefined) return failedBy(unmet, org, subject);
    for (const after of subject.presence) {
      if (after.present) there.add(keyOf(after));
      else there.delete(keyOf(after));
    }
  }
  return undefined;
}

/** Consecutive new models can refer to each other before they exist. */
function madeTogether(subjects: readonly Subject[], place: number): ReadonlySet<string> {
  const isModel = (subject: Subject | undefined): boolean => subject !== undefined && createsTable(subject.effects);
  if (!isModel(subjects[place])) return new Set();
  const later = subjects.slice(place);
  const end = later.findIndex((subject) => !isModel(subject));
  const together = end < 0 ? later : later.slice(0, end);
  return new Set(together.flatMap(({ presence }) => presence.filter(({ present }) => present).map(keyOf)));
}

export function failedBy(unmet: Expectation, org: string, subject: Subject): Diagnosis {
  const { code, schema, table, column } = unmet;
  const failed = { code, retryScope: 'none', org } as const;
  if (code === 'INDEX_EXISTS') return { ...failed, table: subject.table, target: { schema, table } };
  if (code !== 'REFERENCE_NOT_FOUND') return { ...failed, table, column };
  const target = column === undefined ? { schema, table } : { schema, table, column };
  return { ...failed, table: subject.table, column: onlyField(subject), target };
}

export function onlyField(subject: Subject | undefined): string | undefined {
  return subject?.fields.length === 1 ? subject.fields[0] : undefined;
}

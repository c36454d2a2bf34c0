import { literal } from '../literal';
import { EQ, GT, isOneOf } from '../qualified-sql';
import { classify, sqlStateOf } from '../sql-states';
import type { Effect, Expectation, Subject } from '../subject';
import type { Failed } from './explain';
import { valueOf, type Answer } from './send';

/** The errors that leave open which name was meant: of the change's own table, or of one that it refers to. */
const ABOUT_NAMES: ReadonlySet<string> = new Set(['3F000', '42P01', '42P07', '42701', '42703', '42710']);

/**
 * Asks which of the tables that a change expects are there. Sent with the rollback, so that it costs no
 * round trip of its own; by schema and table, since another tenant has the same table.
 */
export function factsQuery(subjects: readonly Subject[]): string {
  const expectations = subjects.flatMap((subject) => subject.expectations);
  const tables = new Set(
    expectations.map(({ schema, table }) => `n.nspname ${EQ} ${literal(schema)} and c.relname ${EQ} ${literal(table)}`),
  );
  const schemas = new Set(expectations.map(({ schema }) => literal(schema)));
  const named = tables.size === 0 ? 'false' : [...tables].join(' or ');
  const inSchemas = schemas.size === 0 ? 'false' : isOneOf('n.nspname', 'name', [...schemas]);
  return `select pg_catalog.json_build_object(
  'schemas', (select coalesce(pg_catalog.json_agg(n.nspname), '[]') from pg_catalog.pg_namespace n where ${inSchemas}),
  'tables', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname,
    (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
      where a.attrelid ${EQ} c.oid and a.attnum ${GT} 0 and not a.attisdropped))), '[]')
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace where ${named})
)::pg_catalog.text as tenant_ddl_facts`;
}

/** What the failure was: by its SQLSTATE, and, where that leaves the name open, by what the catalog holds. */
export function diagnosed(
  error: unknown,
  org: string,
  subjects: readonly Subject[],
  answers: readonly Answer[],
): Failed {
  const only = subjects.length === 1 ? subjects[0] : undefined;
  const general: Failed = {
    ...classify(error),
    org,
    operation: only?.message,
    table: textOf(error, 'table') ?? only?.table,
    column: textOf(error, 'column') ?? onlyField(only),
  };
  // feature_not_supported: a view or a generated column reads the column whose type is to change.
  const { detail } = error as { readonly detail?: unknown };
  if (sqlStateOf(error) === '0A000' && typeof detail === 'string' && only?.message === 'ALTER COLUMN') {
    return { ...general, code: 'DEPENDENT_OBJECTS' };
  }
  // data_exception, or NaN for an integer: a row that the new type does not take.
  if (/^(?:22|0A000)/.test(sqlStateOf(error) ?? '') && subjects.some(({ message }) => message === 'ALTER COLUMN')) {
    return { ...general, code: 'CONVERSION_FAILED' };
  }
  const facts = factsOf(answers);
  if (facts === undefined || !ABOUT_NAMES.has(sqlStateOf(error) ?? '')) return general;
  // Where all is as it should be, the name that is taken is one of an index or a constraint.
  return firstUnmet(org, subjects, facts) ?? { ...general, code: 'DATABASE_ERROR', retryScope: 'none' };
}

/** What the server says of the place, which not every error has. */
function textOf(error: unknown, key: 'table' | 'column'): string | undefined {
  const value = (error as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : undefined;
}

function onlyField(subject: Subject | undefined): string | undefined {
  return subject?.fields.length === 1 ? subject.fields[0] : undefined;
}

/** The schemas, tables and columns that are there; a dot is in no name of ours. */
function factsOf(answers: readonly Answer[]): ReadonlySet<string> | undefined {
  const text = valueOf(answers, 'tenant_ddl_facts');
  if (typeof text !== 'string') return undefined;
  const { schemas, tables } = JSON.parse(text) as {
    readonly schemas: readonly string[];
    readonly tables: readonly (readonly [string, string, readonly string[] | null])[];
  };
  const names = tables.flatMap(([schema, table, columns]) => [
    `${schema}.${table}`,
    ...(columns ?? []).map((column) => `${schema}.${table}.${column}`),
  ]);
  return new Set([...schemas, ...names]);
}

function keyOf({ schema, table, column }: Effect): string {
  return column === undefined ? `${schema}.${table}` : `${schema}.${table}.${column}`;
}

/** Goes through the changes in their order, with what each makes of the tables for the next. */
function firstUnmet(org: string, subjects: readonly Subject[], facts: ReadonlySet<string>): Failed | undefined {
  if (!facts.has(org)) return { code: 'TENANT_NOT_FOUND', retryScope: 'none', org };
  const there = new Set(facts);
  // Models that are created together may refer to each other before they are there.
  const made = new Set(subjects.flatMap(({ effects }) => effects.filter(({ present }) => present).map(keyOf)));
  for (const subject of subjects) {
    const unmet = subject.expectations.find(
      (expected) =>
        there.has(keyOf(expected)) !== expected.present &&
        !(expected.code === 'REFERENCE_NOT_FOUND' && made.has(keyOf(expected))),
    );
    if (unmet !== undefined) return failedBy(unmet, org, subject);
    for (const effect of subject.effects) {
      if (effect.present) there.add(keyOf(effect));
      else there.delete(keyOf(effect));
    }
  }
  return undefined;
}

function failedBy(unmet: Expectation, org: string, subject: Subject): Failed {
  const { code, schema, table, column } = unmet;
  const failed = { code, retryScope: 'none', org } as const;
  if (code !== 'REFERENCE_NOT_FOUND') return { ...failed, table, column };
  const target = column === undefined ? { schema, table } : { schema, table, column };
  return { ...failed, table: subject.table, column: onlyField(subject), target };
}

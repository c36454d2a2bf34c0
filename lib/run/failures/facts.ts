import type { Subject } from '../../plan/subject';
import { literal } from '../../sql/literal';
import { EQ, GT, isOneOf } from '../../sql/qualified-sql';
import { valueOf, type Answer } from '../wire/send';

/**
 * Asks which of the tables that a change expects exist. Sent with the rollback, so it needs no extra round trip; by
 * schema and table, since another tenant has the same table.
 */
export function factsQuery(subjects: readonly Subject[]): string {
  const expectations = subjects.flatMap((subject) => subject.expectations);
  const tables = new Set(
    expectations.map(
      ({ schema, table }) => `(${literal(schema)}::pg_catalog.name, ${literal(table)}::pg_catalog.name)`,
    ),
  );
  const schemas = new Set(expectations.map(({ schema }) => literal(schema)));
  // A list to join, so the server finds each by an index: conditions with OR would read all of pg_class.
  const wanted = tables.size === 0 ? '(null::pg_catalog.name, null::pg_catalog.name)' : [...tables].join(', ');
  const inSchemas = schemas.size === 0 ? 'false' : isOneOf('n.nspname', 'name', [...schemas]);
  return `select pg_catalog.json_build_object(
  'schemas', (select coalesce(pg_catalog.json_agg(n.nspname), '[]') from pg_catalog.pg_namespace n where ${inSchemas}),
  'tables', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname,
    (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
      where a.attrelid ${EQ} c.oid and a.attnum ${GT} 0 and not a.attisdropped), c.relkind)), '[]')
    from (values ${wanted}) wanted(schema_name, table_name)
      join pg_catalog.pg_namespace n on n.nspname ${EQ} schema_name
      join pg_catalog.pg_class c on c.relnamespace ${EQ} n.oid and c.relname ${EQ} table_name)
)::pg_catalog.text as tenant_ddl_facts`;
}

/** The schemas, tables and columns that exist; none of our names contains a dot. */
export function factsOf(answers: readonly Answer[]): ReadonlySet<string> | undefined {
  const found = foundIn(answers);
  if (found === undefined) return undefined;
  const { schemas, tables } = found;
  const names = tables.flatMap(([schema, table, columns]) => [
    `${schema}.${table}`,
    ...(columns ?? []).map((column) => `${schema}.${table}.${column}`),
  ]);
  return new Set([...schemas, ...names]);
}

/** A table with its schema, its columns and its pg_class.relkind. */
type FoundTable = readonly [string, string, readonly string[] | null, string];

interface FoundNames {
  readonly schemas: readonly string[];
  readonly tables: readonly FoundTable[];
}

function foundIn(answers: readonly Answer[]): FoundNames | undefined {
  const text = valueOf(answers, 'tenant_ddl_facts');
  return typeof text === 'string' ? (JSON.parse(text) as FoundNames) : undefined;
}

export function tablesIn(answers: readonly Answer[]): readonly FoundTable[] {
  return foundIn(answers)?.tables ?? [];
}

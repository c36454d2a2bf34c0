import type { Knex } from 'knex';

/** All that the catalogs know of one column. */
export interface ColumnFacts {
  /** Its row of pg_attribute, whole but for `pg_attver`, which the minor releases of November 2026 count there. */
  readonly attribute: Readonly<Record<string, unknown>>;
  readonly default: string | null;
  readonly comment: string | null;
  /** By their names; NOT NULL, which PostgreSQL 18 has here too, is in the attribute. */
  readonly constraints: Readonly<Record<string, string>>;
  readonly indexes: Readonly<Record<string, string>>;
}

/** Of every column of a table, by their names. */
export async function columnFacts(
  db: Knex,
  schema: string,
  table: string,
): Promise<Readonly<Record<string, ColumnFacts>>> {
  const { rows } = await db.raw(
    `select a.attname::text as name, json_build_object(
       'attribute', to_jsonb(a) - 'attmissingval' || jsonb_build_object('attoptions', (
         select jsonb_agg(o) from unnest(a.attoptions) o where o not like 'pg\\_attver=%')),
       'default', (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum),
       'comment', col_description(a.attrelid, a.attnum),
       'constraints', (select coalesce(json_object_agg(k.conname, concat_ws(' ', pg_get_constraintdef(k.oid),
           case when k.convalidated then 'validated' end, k.condeferrable, k.condeferred) order by k.conname), '{}')
         from pg_constraint k where k.conrelid = a.attrelid and a.attnum = any(k.conkey) and k.contype <> 'n'),
       'indexes', (select coalesce(json_object_agg(i.relname, pg_get_indexdef(i.oid) || ' ' || x.indisvalid order by i.relname), '{}')
         from pg_index x join pg_class i on i.oid = x.indexrelid
         where x.indrelid = a.attrelid and a.attnum = any(x.indkey::int2[]))
     ) as facts
     from pg_attribute a where a.attrelid = to_regclass(format('%I.%I', ?::text, ?::text)) and a.attnum > 0 and not a.attisdropped`,
    [schema, table],
  );
  return Object.fromEntries((rows as { name: string; facts: ColumnFacts }[]).map(({ name, facts }) => [name, facts]));
}

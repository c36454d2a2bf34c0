// Reads a table back from PostgreSQL's own catalogs: what is there, not what somebody says is there.
import type { Knex } from 'knex';

export interface CatalogColumn {
  readonly name: string;
  /** As `format_type` writes it. */
  readonly type: string;
  readonly nullable: boolean;
  /** The expression, as the server writes it. */
  readonly default: string | null;
  readonly comment: string | null;
}

export interface CatalogIndex {
  readonly name: string;
  /** Those that it is ordered by, or finds rows by; `lower` for an expression. */
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export interface CatalogKey {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface CatalogForeignKey extends CatalogKey {
  readonly references: {
    readonly schema: string;
    readonly table: string;
    readonly columns: readonly string[];
    readonly onDelete: string;
    readonly onUpdate: string;
    readonly deferrable: boolean | 'deferred';
  };
  readonly validated: boolean;
}

export interface CatalogTable {
  readonly comment: string | null;
  readonly columns: readonly CatalogColumn[];
  readonly primaryKey: CatalogKey | null;
  readonly uniques: readonly CatalogKey[];
  /** Those that no primary key or unique constraint made. */
  readonly indexes: readonly CatalogIndex[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly checks: readonly (CatalogKey & { readonly definition: string })[];
}

/** Undefined when there is no such table. By the table's oid: names alone would find another tenant's, too. */
export async function readTable(db: Knex, schema: string, table: string): Promise<CatalogTable | undefined> {
  const { rows } = await db.raw(TABLE, [schema, table]);
  return (rows[0] as { found: CatalogTable } | undefined)?.found;
}

/** The names of the tables of a schema. */
export async function tablesOf(db: Knex, schema: string): Promise<string[]> {
  const { rows } = await db.raw(
    `select relname::text as name from pg_class where relnamespace = to_regnamespace(quote_ident(?)) and relkind in ('r', 'p')
     order by relname collate "C"`,
    [schema],
  );
  return (rows as { name: string }[]).map(({ name }) => name);
}

/** The names of a table's columns, in their order; none when there is no such table. */
export async function columnsOf(db: Knex, schema: string, table: string): Promise<string[]> {
  return ((await readTable(db, schema, table))?.columns ?? []).map(({ name }) => name);
}

const COLUMN_NAMES = (keys: string, table: string): string => `(select json_agg(a.attname order by key.place)
  from unnest(${keys}) with ordinality as key (attnum, place)
  join pg_attribute a on a.attrelid = ${table} and a.attnum = key.attnum)`;

const CONSTRAINTS = (kind: string, more = ''): string => `(select coalesce(json_agg(json_build_object(
    'name', k.conname, 'columns', ${COLUMN_NAMES('k.conkey', 'k.conrelid')}${more}) order by k.conname collate "C"), '[]')
  from pg_constraint k where k.conrelid = c.oid and k.contype = '${kind}')`;

const ACTION = (column: string): string => `case ${column} when 'c' then 'CASCADE' when 'n' then 'SET NULL'
  when 'r' then 'RESTRICT' when 'a' then 'NO ACTION' else ${column}::text end`;

const TABLE = `select json_build_object(
  'comment', obj_description(c.oid, 'pg_class'),
  'columns', (select coalesce(json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
      'default', pg_get_expr(d.adbin, d.adrelid), 'comment', col_description(c.oid, a.attnum)) order by a.attnum), '[]')
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'primaryKey', ${CONSTRAINTS('p')} -> 0,
  'uniques', ${CONSTRAINTS('u')},
  'indexes', (select coalesce(json_agg(json_build_object(
      'name', x.relname, 'columns', (select json_agg(coalesce(a.attname::text, 'lower') order by key.place)
        from unnest(i.indkey::int2[]) with ordinality as key (attnum, place)
        left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = key.attnum and key.attnum <> 0
        where key.place <= i.indnkeyatts), 'unique', i.indisunique)
      order by x.relname collate "C"), '[]')
    from pg_index i join pg_class x on x.oid = i.indexrelid
    where i.indrelid = c.oid and i.indisvalid
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u'))),
  'foreignKeys', ${CONSTRAINTS(
    'f',
    `, 'validated', k.convalidated, 'references', (select json_build_object(
      'schema', rn.nspname, 'table', r.relname, 'columns', ${COLUMN_NAMES('k.confkey', 'k.confrelid')},
      'onDelete', ${ACTION('k.confdeltype')}, 'onUpdate', ${ACTION('k.confupdtype')},
      'deferrable', case when k.condeferred then to_json('deferred'::text) else to_json(k.condeferrable) end)
      from pg_class r join pg_namespace rn on rn.oid = r.relnamespace where r.oid = k.confrelid)`,
  )},
  'checks', ${CONSTRAINTS('c', `, 'definition', pg_get_constraintdef(k.oid)`)}
) as found
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = ? and c.relname = ? and c.relkind in ('r', 'p')`;

import type { Knex } from 'knex';

/** A column as PostgreSQL has it, in its own words. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | null;
  /** Its keys and checks, such as `PRIMARY KEY`. */
  readonly constraints: string;
}

/** The columns of a table, read from PostgreSQL's catalog; none where there is no such table. */
export async function columnsOf(db: Knex, schema: string, table: string): Promise<readonly Column[]> {
  const { rows } = await db.raw<{ rows: Column[] }>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
       pg_get_expr(d.adbin, d.adrelid) as default,
       coalesce((select string_agg(pg_get_constraintdef(k.oid), ', ' order by k.conname) from pg_constraint k
         where k.conrelid = c.oid and a.attnum = any (k.conkey) and k.contype <> 'n'), '') as constraints
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where n.nspname = ? and c.relname = ? order by a.attnum`,
    [schema, table],
  );
  return rows;
}

/** What there is of a table. */
export interface TableSize {
  readonly name: string;
  readonly columns: number;
  readonly references: number;
  /** Without those that belong to a primary key. */
  readonly indexes: number;
}

/** Every table of a schema, by name. */
export async function tablesOf(db: Knex, schema: string): Promise<readonly TableSize[]> {
  const { rows } = await db.raw<{ rows: TableSize[] }>(
    `select c.relname as name,
       (select count(*)::int from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
       (select count(*)::int from pg_constraint where conrelid = c.oid and contype = 'f') as references,
       (select count(*)::int from pg_index where indrelid = c.oid and not indisprimary) as indexes
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = ? and c.relkind = 'r' order by c.relname`,
    [schema],
  );
  return rows;
}

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import pg from 'pg';
import type * as Embedded from '../__tests__/support/embedded-postgres.ts';
import { MIGRATIONS_TABLE } from './entries/node-pg-migrate.ts';

/** CommonJS, which asks for its own folder. */
const { startPostgres } = createRequire(import.meta.url)(
  '../__tests__/support/embedded-postgres.ts',
) as typeof Embedded;

/** A server with its ordinary settings, flushes included; and a database on it for the bench alone. */
export interface Server {
  readonly url: string;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether we started it, or DATABASE_URL led to it. */
  readonly own: boolean;
  /** A new database, so that no workload pays for what another left in the catalog. */
  database(name: string): Promise<Database>;
  stop(): Promise<void>;
}

const SHOWN_SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_locks_per_transaction',
];

/** @param more settings of a server that we start */
export async function startServer(more: Readonly<Record<string, string>> = {}): Promise<Server> {
  const given = process.env.DATABASE_URL;
  const started = given ? undefined : await startPostgres({ settings: more });
  const url = given || (started?.url as string);
  const admin = new pg.Pool({ connectionString: url, max: 1 });
  const { rows } = await admin.query<{ name: string; setting: string }>(
    `select name, current_setting(name) as setting from pg_settings where name = any($1)`,
    [['server_version', ...SHOWN_SETTINGS]],
  );
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  const { server_version: version = '', ...shown } = settings;
  const mark = randomBytes(3).toString('hex');
  return {
    url,
    version,
    settings: shown,
    own: started !== undefined,
    database: async (name) => {
      const database = `tenant-ddl-bench-${mark}-${name}`;
      await admin.query(`create database "${database}"`);
      const at = new URL(url);
      at.pathname = `/${database}`;
      return openDatabase(at.href, () => admin.query(`drop database "${database}" with (force)`));
    },
    stop: async () => {
      await admin.end();
      await started?.stop();
    },
  };
}

/** One database, with what a workload does beside what is timed. */
export interface Database {
  readonly url: string;
  /** Runs statements as one query, without waiting for the disk. */
  run(statements: readonly string[]): Promise<void>;
  /** What is in a schema: tables, columns, constraints and indexes, whatever their names. */
  contentsOf(org: string): Promise<string>;
  /** The tables of a schema that have a column of this name and type. */
  tablesWith(org: string, column: string, type: string): Promise<string[]>;
  dropSchemas(orgs: readonly string[]): Promise<void>;
  drop(): Promise<void>;
}

/** A table takes a lock for itself and each index; the server has room for some thousands. */
const SCHEMAS_AT_ONCE = 20;

function openDatabase(url: string, drop: () => Promise<unknown>): Database {
  const pool = new pg.Pool({ connectionString: url, max: 1, options: '-c synchronous_commit=off' });
  // A session that the server ends first, while the pool says good-bye.
  pool.on('error', () => {});
  return {
    url,
    run: async (statements) => void (await pool.query(statements.join(';\n'))),
    contentsOf: async (org) => {
      const { rows } = await pool.query<{ contents: string }>(CONTENTS, [org, MIGRATIONS_TABLE]);
      return rows.map(({ contents }) => contents).join('\n');
    },
    tablesWith: async (org, column, type) => {
      const { rows } = await pool.query<{ name: string }>(
        `select c.relname as name from pg_namespace n join pg_class c on c.relnamespace = n.oid
           join pg_attribute a on a.attrelid = c.oid
         where n.nspname = $1 and c.relkind = 'r' and a.attname = $2 and format_type(a.atttypid, a.atttypmod) = $3`,
        [org, column, type],
      );
      return rows.map(({ name }) => name);
    },
    dropSchemas: async (orgs) => {
      for (let at = 0; at < orgs.length; at += SCHEMAS_AT_ONCE) {
        const names = orgs.slice(at, at + SCHEMAS_AT_ONCE).map((org) => `"${org}"`);
        await pool.query(`set client_min_messages = error; drop schema ${names.join(', ')} cascade`);
      }
    },
    drop: async () => {
      await pool.end();
      await drop();
    },
  };
}

/**
 * What two ways to build the same tables have to agree on. Names of constraints and indexes are left out, as are the
 * ways to write one default (`'0'::double precision` and `0`) and one unique (constraint or index; and PostgreSQL makes one
 * index of a key and a unique on the same column where both stand in the table).
 */
const CONTENTS = `
with tables as (
  select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind = 'r' and c.relname <> $2
), contents as (
  select format('table %s %s', relname, obj_description(oid, 'pg_class')) as contents from tables
  union all
  select format('column %s.%s %s %s default %s %s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, regexp_replace(regexp_replace(pg_get_expr(d.adbin, d.adrelid), '::[a-z ]+(\\(\\d+\\))?|[''()]', '', 'g'),
      'CURRENT_(DATE|TIME|TIMESTAMP)', 'now'), col_description(t.oid, a.attnum))
  from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
  union all
  select format('%s %s', t.relname, case k.contype
    when 'c' then regexp_replace(pg_get_constraintdef(k.oid), '::[a-z ]+(\\(\\d+\\))?(\\[\\])?|[()]', '', 'g')
    else regexp_replace(pg_get_constraintdef(k.oid), ' ON UPDATE NO ACTION', '') end)
  from tables t join pg_constraint k on k.conrelid = t.oid where k.contype in ('c', 'f', 'p')
  union all
  select format('index %s unique %s (%s)', t.relname, i.indisunique,
    (select string_agg(pg_get_indexdef(i.indexrelid, at::int, false), ', ' order by at)
     from generate_series(1, i.indnkeyatts) as at))
  from tables t join pg_index i on i.indrelid = t.oid
)
select distinct contents from contents order by contents`;

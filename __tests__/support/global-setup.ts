import { knex } from 'knex';
import { NOT_DURABLE, startPostgres } from './embedded-postgres';
import type { EmbeddedPostgres } from './embedded-postgres';

export interface TestServer {
  readonly server: EmbeddedPostgres;
  /** The schemas and roles of an empty server; see global-teardown.ts. */
  readonly before: readonly string[];
}

/** The server that this run started, unless DATABASE_URL named one. */
export let started: TestServer | undefined;

export default async function setUp(): Promise<void> {
  started = undefined;
  if (process.env.DATABASE_URL) {
    process.stderr.write('PostgreSQL: the one of DATABASE_URL\n');
    return;
  }
  const startedAt = performance.now();
  const server = await startPostgres({
    major: Number(process.env.POSTGRES_MAJOR ?? 18),
    settings: NOT_DURABLE,
  });
  try {
    // The workers inherit it.
    process.env.DATABASE_URL = server.url;
    const { version, names } = await inspect(server.url);
    started = { server, before: names };
    process.stderr.write(`PostgreSQL ${version}, embedded, up in ${Math.round(performance.now() - startedAt)} ms\n`);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The version of a server, and everything on it that a test could have made. */
export async function inspect(url: string): Promise<{ version: string; names: string[] }> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 1 } });
  try {
    const { rows } = await db.raw(`
      select current_setting('server_version') as version, array(
        select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_'
        union all select 'role ' || rolname from pg_roles
        union all select 'table ' || relname from pg_class where relnamespace = 'public'::regnamespace
        union all select 'session ' || application_name || ': ' || state from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid()
      ) as names`);
    return rows[0];
  } finally {
    await db.destroy();
  }
}

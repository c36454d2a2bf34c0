import { randomBytes } from 'node:crypto';
import { knex } from 'knex';
import { NOT_DURABLE, startPostgres } from './embedded-postgres';
import type { EmbeddedPostgres } from './embedded-postgres';

export interface TestServer {
  readonly server: EmbeddedPostgres;
  /** Of a superuser, in the database under test. */
  readonly url: string;
  /** The schemas and roles of an empty server; see global-teardown.ts. */
  readonly before: readonly string[];
}

/** The server that this run started, unless DATABASE_URL named one. */
export let started: TestServer | undefined;

export default async function setUp(): Promise<void> {
  started = undefined;
  if (process.env.DATABASE_URL) {
    const { version, superuser } = await inspect(process.env.DATABASE_URL);
    process.env.TEST_SUPERUSER = String(superuser);
    process.env.TEST_SERVER_MAJOR = String(Number.parseInt(version, 10));
    process.stderr.write(`PostgreSQL ${version}, the one of DATABASE_URL${superuser ? '' : ', as an ordinary role'}\n`);
    return;
  }
  const startedAt = performance.now();
  const server = await startPostgres({
    major: Number(process.env.POSTGRES_MAJOR ?? 18),
    settings: NOT_DURABLE,
  });
  try {
    const isOrdinary = process.env.POSTGRES_ROLE === 'ordinary';
    const { url, tested } = isOrdinary ? await forOrdinaryRole(server.url) : { url: server.url, tested: server.url };
    const { version, names } = await inspect(url);
    started = { server, url, before: names };
    // The workers inherit these.
    process.env.DATABASE_URL = tested;
    process.env.TEST_SUPERUSER = String(!isOrdinary);
    process.env.TEST_SERVER_MAJOR = String(Number.parseInt(version, 10));
    const as = isOrdinary ? 'as an ordinary role, ' : '';
    const ms = Math.round(performance.now() - startedAt);
    process.stderr.write(`PostgreSQL ${version}, embedded, ${as}up in ${ms} ms\n`);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** A database in which a role may create schemas, and may do nothing else that any other role may not. */
async function forOrdinaryRole(superuserUrl: string): Promise<{ url: string; tested: string }> {
  const [url, tested] = [new URL(superuserUrl), new URL(superuserUrl)];
  tested.username = 'service';
  tested.password = randomBytes(12).toString('hex');
  tested.pathname = url.pathname = '/services';
  const db = knex({ client: 'pg', connection: superuserUrl, pool: { min: 0, max: 1 } });
  try {
    await db.raw(`create role service login password '${tested.password}'`);
    await db.raw('create database services');
    await db.raw('grant create on database services to service');
  } finally {
    await db.destroy();
  }
  return { url: url.href, tested: tested.href };
}

/** The version of a server, what its role is, and everything on it that a test could have made. */
export async function inspect(url: string): Promise<{ version: string; superuser: boolean; names: string[] }> {
  const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 1 } });
  try {
    const { rows } = await db.raw(`
      select current_setting('server_version') as version, current_setting('is_superuser')::boolean as superuser, array(
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

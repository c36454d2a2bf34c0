// What a test needs of the server, and the check after each test that it left nothing there. Every file of the
// project `postgres` loads this module, whether it imports it or not.
import { randomBytes } from 'node:crypto';
import { knex } from 'knex';
import type { Knex } from 'knex';
import { dropRole, dropSchema } from './drop';
import { needSuperuser } from './rights';

/** In every name this file makes, so that files running beside each other don't see each other's leftovers. */
const mark = randomBytes(4).toString('hex');
const session = `test-${mark}`;
const unmanaged = `${session}-unmanaged`;

// What pg calls a session that was not opened by `connect`.
process.env.PGAPPNAME = unmanaged;

// A schema of thousands of tables takes a while to drop.
const HOOK_TIMEOUT_MS = 120_000;

interface Lifetime {
  readonly connections: Knex[];
  readonly orgs: string[];
  readonly roles: string[];
}
const lifetime = (): Lifetime => ({ connections: [], orgs: [], roles: [] });
const file = lifetime();
let test = lifetime();
let current = file;
let names = 0;

/** The address of the server under test. */
export function serverUrl(): string {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error('No DATABASE_URL: a test of the project "postgres" runs under its global set-up.');
  return url;
}

/**
 * A small pool to the server, destroyed after the test that opened it, or after the file when no test was running
 * (at the top of the file, in `beforeAll`). Takes any option of knex.
 */
export function connect(options: Knex.Config = {}): Knex {
  const connection = {
    connectionString: serverUrl(),
    application_name: session,
    ...(options.connection as Knex.PgConnectionConfig | undefined),
  };
  const db = knex({ client: 'pg', ...options, pool: { min: 0, max: 4, ...options.pool }, connection });
  current.connections.push(db);
  return db;
}

/** A name that no other test has; a schema of that name is dropped after the test, or after the file as in `connect`. */
export function freshOrg(prefix = 'acme'): string {
  const org = freshName(prefix);
  current.orgs.push(org);
  return org;
}

/** Has a schema dropped after each test that makes it again under the same name. */
export function dropAfterTest(org: string): void {
  current.orgs.push(org);
}

/** As `freshOrg`, for a role: it and all that it owns is dropped after the test. */
export function freshRole(prefix = 'role'): string {
  needSuperuser('create a role');
  const role = freshName(prefix);
  current.roles.push(role);
  return role;
}

function freshName(prefix: string): string {
  names += 1;
  return `${prefix}-${mark}-${names}`;
}

/**
 * What is on the server of this file and should not be: sessions in the middle of something, connections that nobody
 * closed, advisory locks, and schemas and roles that bear this file's mark but did not come from `freshOrg`.
 */
export async function findLeaks({ mayIdle = true } = {}): Promise<string[]> {
  const { rows } = await watcher().raw(
    `with mine as (select * from pg_stat_activity where application_name in (:session, :unmanaged))
     select 'session ' || coalesce(state, 'of no state') || ': ' || left(query, 100) as leak
       from mine where application_name = :session and (state is distinct from 'idle' or not :mayIdle)
     union all select 'connection not closed: ' || left(query, 100) from mine where application_name = :unmanaged
     union all select 'advisory lock: ' || left(query, 100)
       from pg_locks join mine using (pid) where locktype = 'advisory'
     union all select 'schema ' || nspname from pg_namespace
       where strpos(nspname, :mark) > 0 and nspname <> all(:orgs)
     union all select 'role ' || rolname from pg_roles
       where strpos(rolname, :mark) > 0 and rolname <> all(:roles)`,
    {
      session,
      unmanaged,
      mark,
      mayIdle,
      orgs: [...file.orgs, ...test.orgs],
      roles: [...file.roles, ...test.roles],
    },
  );
  const held = [...file.connections, ...test.connections].map((db) => used(db) - (reported.get(db) ?? 0));
  return [
    ...rows.map((row: { leak: string }) => row.leak),
    ...held.filter((count) => count > 0).map((count) => `pool with ${count} connection(s) not given back`),
  ];
}

/** Connections that an earlier test was red for: they never come back, and no later test is to blame. */
const reported = new WeakMap<Knex, number>();

function used(db: Knex): number {
  // Null once the pool is destroyed.
  const pool = db.client.pool as { numUsed(): number } | null | undefined;
  return pool?.numUsed() ?? 0;
}

/** Rejects with the list when something is left; waits a moment for what is just going away. */
export async function assertNoLeaks({ mayIdle = true, graceMs = 1000 } = {}): Promise<void> {
  const deadline = Date.now() + graceMs;
  for (;;) {
    const leaks = await findLeaks({ mayIdle });
    if (leaks.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Left on the server:\n  ${leaks.join('\n  ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeEach(() => {
  test = lifetime();
  current = test;
});

afterEach(async () => {
  current = file;
  await leave(test, () => assertNoLeaks());
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  try {
    await leave(file, () => assertNoLeaks());
    await assertNoLeaks({ mayIdle: false });
  } finally {
    await watching?.destroy();
  }
}, HOOK_TIMEOUT_MS);

/** Ends a lifetime whether or not the check was green, so that a red test spoils no other. */
async function leave({ connections, orgs, roles }: Lifetime, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    await removeLeaks();
    throw error;
  } finally {
    for (const db of connections.splice(0)) {
      const destroyed = db.destroy();
      // A pool waits without end for a connection that is not given back; that one is terminated by now.
      if (used(db) === 0) await destroyed;
    }
    for (const org of orgs.splice(0)) await dropSchema(watcher(), org);
    for (const role of roles.splice(0)) await dropRole(watcher(), role);
  }
}

async function removeLeaks(): Promise<void> {
  // What still holds a lock would block the drops.
  await watcher().raw(
    'select pg_terminate_backend(pid) from pg_stat_activity where application_name in (:session, :unmanaged)',
    { session, unmanaged },
  );
  for (const db of file.connections) reported.set(db, used(db));
  const { rows } = await watcher().raw(
    `select array(select nspname::text from pg_namespace where strpos(nspname, :mark) > 0 and nspname <> all(:orgs)) as schemas,
            array(select rolname::text from pg_roles where strpos(rolname, :mark) > 0 and rolname <> all(:roles)) as roles`,
    { mark, orgs: file.orgs, roles: file.roles },
  );
  for (const schema of rows[0].schemas) await dropSchema(watcher(), schema);
  for (const role of rows[0].roles) await dropRole(watcher(), role);
}

let watching: Knex | undefined;

/** A connection that is none of the test's. */
function watcher(): Knex {
  watching ??= knex({
    client: 'pg',
    connection: { connectionString: serverUrl(), application_name: `${session}-watcher` },
    pool: { min: 0, max: 1 },
  });
  return watching;
}

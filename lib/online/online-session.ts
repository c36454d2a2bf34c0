import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { OnlineSettings } from '../options/options';
import { explainedError, failureAt, type Diagnosis } from '../run/failures/message';
import { acquire } from '../run/wire/acquire';
import { CITUS, isCitusIn } from '../run/wire/citus';
import { watchLocks } from '../run/wire/blockers';
import { awaitAnswer, statementLimitMs } from '../run/wire/limit';
import { clientOf, discard, send, valueOf, type Answer, type Connection } from '../run/wire/send';
import type { Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';

/** A session that one online change has for itself. What is sent on it commits by itself. */
export interface OnlineSession {
  readonly db: Knex;
  readonly org: Identifier;
  readonly table: Identifier;
  readonly settings: OnlineSettings;
  readonly connection: Connection;
  /** Sends something short. */
  readonly ask: (sql: string) => Promise<readonly Answer[]>;
  /** Sends one statement that may run for `stageTimeoutMs`. */
  readonly runLong: (sql: string) => Promise<readonly Answer[]>;
}

/** Without a limit of its own for locks: CONCURRENTLY and VALIDATE block nobody while they wait (docs/online.md). */
function sessionSettings({ stageTimeoutMs }: OnlineSettings): Readonly<Record<string, string>> {
  return {
    lock_timeout: '0',
    statement_timeout: String(stageTimeoutMs),
    transaction_timeout: '0',
    idle_session_timeout: '0',
    // A look at all rows takes longer so, and leaves the other processors to others.
    max_parallel_workers_per_gather: '0',
    default_transaction_isolation: 'read committed',
    // A lost network would keep the lease for as long as the server does not notice.
    tcp_keepalives_idle: '10',
    tcp_keepalives_interval: '5',
    tcp_keepalives_count: '3',
  };
}

/** The session's limit is that of a stage. */
function tooLong({ model }: { readonly model: string }): string {
  return `A statement of the online change of ${model} took longer than stageTimeoutMs, or was cancelled. Nothing was changed. Raise stageTimeoutMs, or make the change when the table is less used.`;
}

/** Runs `work` with a connection of the pool, whose settings are afterwards what they were. */
export async function withSession<T>(
  db: Knex,
  at: { readonly org: Identifier; readonly table: Identifier },
  settings: OnlineSettings,
  work: (session: OnlineSession) => Promise<T>,
): Promise<T> {
  const { org, table } = at;
  const failure = (error: unknown): Diagnosis => {
    const failed = failureAt(error, org, table);
    return failed.code === 'STATEMENT_TIMEOUT' ? { ...failed, message: tooLong } : failed;
  };
  const fail = (error: unknown): Error => explainedError(error, failure(error));
  const connection = await acquire(db).catch((error: unknown) => {
    throw fail(error);
  });
  const sent = async (sql: string, limitMs: number): Promise<readonly Answer[]> =>
    awaitAnswer(connection, limitMs, send(db, sql, connection));
  const session: OnlineSession = {
    ...at,
    db,
    settings,
    connection,
    ask: (sql) =>
      sent(sql, statementLimitMs(settings)).catch((error: unknown) => {
        throw fail(error);
      }),
    runLong: (sql) => {
      const limitMs = settings.stageTimeoutMs + statementLimitMs(settings);
      return watchLocks(
        db,
        { connection, org },
        settings,
        () => sent(sql, limitMs),
        (error, seen) => Promise.resolve(explainedError(error, { ...failure(error), ...seen })),
      );
    },
  };
  try {
    const answers = await session.ask(setUp(settings));
    refusePooler(session, answers);
    refuseCitus(session, answers);
    return await work(session);
  } finally {
    // Ends the session where its settings cannot be put back, or it is gone.
    await session.ask(PUT_BACK).catch(() => discard(connection));
    await clientOf(db).releaseConnection(connection);
  }
}

function setUp(settings: OnlineSettings): string {
  const values = Object.entries(sessionSettings(settings)).map(
    ([name, value]) => `(${literal(name)}, ${literal(value)})`,
  );
  return `select pg_catalog.pg_backend_pid()::pg_catalog.text as tenant_ddl_pid, ${CITUS};
select pg_catalog.set_config(pg_catalog.concat('tenant_ddl.was_', s.name), s.setting, false), pg_catalog.set_config(s.name, v.value, false)
from pg_catalog.pg_settings s join (values ${values.join(', ')}) v(name, value) on v.name ${EQ} s.name`;
}

const PUT_BACK = `select pg_catalog.set_config(s.name, pg_catalog.current_setting(pg_catalog.concat('tenant_ddl.was_', s.name)), false)
from pg_catalog.pg_settings s where pg_catalog.current_setting(pg_catalog.concat('tenant_ddl.was_', s.name), true) is not null`;

/** A pooler may hand the next statement to another session: the lease would stay behind, and settings reach others. */
function refusePooler({ connection, org, table }: OnlineSession, answers: readonly Answer[]): void {
  const { processID } = connection as { readonly processID?: number };
  if (valueOf(answers, 'tenant_ddl_pid') === String(processID)) return;
  throw new MigrationError(
    `An online change of "${org}"."${table}" needs a session of its own, and this connection leads through a pooler. Nothing was changed. Pass a Knex that connects to the server directly.`,
    { code: 'UNSUPPORTED_DATABASE', org, table },
  );
}

/** A stage compares the rows of a table with its record, which are on different servers there. */
function refuseCitus({ org, table }: OnlineSession, answers: readonly Answer[]): void {
  if (!isCitusIn(answers)) return;
  throw new MigrationError(
    `An online change of "${org}"."${table}" runs in stages that need the table on the same server as the record of them, and Citus distributes it to a worker. Nothing was changed. Use applyChange when the table is less used.`,
    { code: 'UNSUPPORTED_DATABASE', org, table },
  );
}

import { literal } from '../../sql/literal';
import { ifPermitted, permittedIn } from './permitted';
import { valueOf, type Answer, type Connection } from './send';

/** Identifies a transaction, so its outcome can be asked for on another connection. */
export interface TransactionIdentity extends ServerIdentity {
  /** The result of `pg_current_xact_id`. */
  readonly transactionId: string;
}

/** Identifies a server and its current run. Parts that the role may not ask for are undefined. */
export interface ServerIdentity {
  /** The cluster and its timeline: a server that took over counts its own transactions. */
  readonly history?: string | undefined;
  /** When the server was started, and when its statistics were last reset. */
  readonly uptime?: string | undefined;
}

const SYSTEM = '(select system_identifier from pg_catalog.pg_control_system())';

const TIMELINE = 'pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8)';

/** Aurora has no WAL files, and so no names of them. */
const HISTORY = `case when pg_catalog.to_regproc('pg_catalog.aurora_version') is null
  then ${ifPermitted(
    ['pg_control_system()', 'pg_current_wal_insert_lsn()', 'pg_walfile_name(pg_catalog.pg_lsn)'],
    `pg_catalog.concat_ws('/', ${SYSTEM}, ${TIMELINE})`,
  )} else ${ifPermitted(['pg_control_system()'], SYSTEM)} end as tenant_ddl_history`;

/**
 * Every recovery from a crash discards the statistics, even one that keeps the postmaster; a clean shutdown keeps them.
 * A reset by hand looks like a crash: we then believe less, never more.
 */
const UPTIME = `pg_catalog.concat_ws('/', pg_catalog.extract('epoch', pg_catalog.pg_postmaster_start_time()),
  pg_catalog.extract('epoch', pg_catalog.pg_stat_get_bgwriter_stat_reset_time()))`;

const UPTIME_IF_PERMITTED = `${ifPermitted(
  ['pg_postmaster_start_time()', 'pg_stat_get_bgwriter_stat_reset_time()'],
  UPTIME,
)} as tenant_ddl_server`;

/** The next id, as the last checkpoint has it. */
const NEXT_ID = `${ifPermitted(
  ['pg_control_checkpoint()'],
  '(select next_xid from pg_catalog.pg_control_checkpoint())',
)} as tenant_ddl_next`;

/** Assigns the transaction its id, if it has none yet. */
const TRANSACTION = 'pg_catalog.pg_current_xact_id()::pg_catalog.text as tenant_ddl_transaction';

/** The server behind a connection. Behind a pooler, it can change; the uptime shows it. */
const servers = new WeakMap<Connection, ServerIdentity>();

/** The columns of a select that {@link identityIn} reads, on a connection whose server is known. */
export const IDENTITY = `${TRANSACTION}, ${UPTIME} as tenant_ddl_uptime`;

/** The same if the role may not ask for the uptime. */
export const IDENTITY_ALONE = TRANSACTION;

/** Whether a connection has been asked for its server, and may be asked for the uptime. */
export function knownServer(connection: Connection): 'new' | 'known' | 'not to be asked' {
  const server = servers.get(connection);
  if (server === undefined) return 'new';
  return server.uptime === undefined ? 'not to be asked' : 'known';
}

/** The columns that {@link identityIn} reads, on any connection. */
export function identityColumns(connection: Connection): readonly string[] {
  const known = knownServer(connection);
  if (known === 'new') return [TRANSACTION, HISTORY, UPTIME_IF_PERMITTED];
  return [known === 'known' ? IDENTITY : IDENTITY_ALONE];
}

export function identityIn(answers: readonly Answer[], connection: Connection): TransactionIdentity | undefined {
  const transactionId = valueOf(answers, 'tenant_ddl_transaction') as string | undefined;
  if (transactionId === undefined) return undefined;
  if (knownServer(connection) === 'new') servers.set(connection, serverIn(answers));
  const server = servers.get(connection) as ServerIdentity;
  // If a takeover by another server cannot be detected, no answer is believed.
  if (server.uptime === undefined) return { transactionId };
  const uptime = (valueOf(answers, 'tenant_ddl_uptime') as string | undefined) ?? server.uptime;
  if (server.uptime === uptime) return { transactionId, ...server };
  servers.delete(connection);
  return { transactionId, uptime };
}

/** The server that answered. */
export function serverIn(answers: readonly Answer[]): ServerIdentity {
  return {
    history: permittedIn(answers, 'tenant_ddl_history'),
    uptime: permittedIn(answers, 'tenant_ddl_server'),
  };
}

/** Asks what became of the transaction, and which server answers. It refuses an id that it has not assigned (22023). */
export function fateQuery({ transactionId }: TransactionIdentity): string {
  return `select pg_catalog.pg_xact_status(${literal(transactionId)}::pg_catalog.xid8) as tenant_ddl_fate, ${NEXT_ID}, ${HISTORY}, ${UPTIME_IF_PERMITTED}`;
}

/** Asks which server refused. */
export function serverQuery(): string {
  return `select ${HISTORY}, ${UPTIME_IF_PERMITTED}`;
}

/** The same server without a restart: nothing is forgotten. */
export function isSameRun(asked: ServerIdentity, answering: ServerIdentity): boolean {
  return asked.uptime !== undefined && asked.uptime === answering.uptime;
}

/** The same history up to some point: no other server has taken over. */
export function isSameHistory(asked: ServerIdentity, answering: ServerIdentity): boolean {
  return asked.history !== undefined && asked.history === answering.history;
}

/** The same history, without a crash that could have lost its end. */
export function isWithoutCrash(asked: ServerIdentity, answering: ServerIdentity): boolean {
  const since = statisticsOf(asked);
  return isSameHistory(asked, answering) && since !== undefined && since === statisticsOf(answering);
}

/**
 * Whether the id was assigned again in the same history. Every start of a server leaves a checkpoint, of the shutdown or
 * of the recovery before it; if the next id in the last checkpoint is below ours, ours was not known then.
 */
export function isGivenAgain(
  asked: TransactionIdentity,
  answering: ServerIdentity,
  answers: readonly Answer[],
): boolean {
  const [epoch, id] = permittedIn(answers, 'tenant_ddl_next')?.split(':') ?? [];
  const isRestarted = startOf(asked) !== undefined && startOf(asked) !== startOf(answering);
  // Aurora's checkpoints are another matter; its history has no timeline.
  if (epoch === undefined || id === undefined || !isRestarted || asked.history?.includes('/') !== true) return false;
  return BigInt(epoch) * 2n ** 32n + BigInt(id) <= BigInt(asked.transactionId);
}

function startOf({ uptime }: ServerIdentity): string | undefined {
  return uptime?.split('/')[0];
}

function statisticsOf({ uptime }: ServerIdentity): string | undefined {
  return uptime?.split('/')[1];
}

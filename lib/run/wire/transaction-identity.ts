import { literal } from '../../sql/literal';
import { ifPermitted, permittedIn } from './permitted';
import { valueOf, type Answer, type Connection } from './send';

/** A transaction, so that its fate can be asked for on another connection. */
export interface TransactionIdentity extends ServerIdentity {
  /** As `pg_current_xact_id` gives it. */
  readonly transactionId: string;
}

/** Which server, and which run of it. What the role may not ask for is not there. */
export interface ServerIdentity {
  /** The cluster and its timeline: a server that took over counts transactions of its own. */
  readonly history?: string | undefined;
  /** Since when the server has been up, and since when it has its statistics. */
  readonly uptime?: string | undefined;
}

const SYSTEM = '(select system_identifier from pg_catalog.pg_control_system())';

const TIMELINE = 'pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8)';

/** Aurora has no WAL files, and so no names for them. */
const HISTORY = `case when pg_catalog.to_regproc('pg_catalog.aurora_version') is null
  then ${ifPermitted(
    ['pg_control_system()', 'pg_current_wal_insert_lsn()', 'pg_walfile_name(pg_catalog.pg_lsn)'],
    `pg_catalog.concat_ws('/', ${SYSTEM}, ${TIMELINE})`,
  )} else ${ifPermitted(['pg_control_system()'], SYSTEM)} end as tenant_ddl_history`;

/**
 * Every recovery from a crash throws the statistics away, also one that keeps the postmaster; a clean stop keeps
 * them. Where somebody resets them by hand, it looks like a crash: we believe less then, never more.
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

/** Gives the transaction its id, if it has none yet. */
const TRANSACTION = 'pg_catalog.pg_current_xact_id()::pg_catalog.text as tenant_ddl_transaction';

/** Where a connection leads. Behind a pooler, that can change; the uptime shows it. */
const servers = new WeakMap<Connection, ServerIdentity>();

/** The columns of a select that {@link identityIn} reads, on a connection whose server is known. */
export const IDENTITY = `${TRANSACTION}, ${UPTIME} as tenant_ddl_uptime`;

/** The same where the role may not ask for the uptime. */
export const IDENTITY_ALONE = TRANSACTION;

/** Whether a connection has been asked where it leads, and may be asked for the uptime. */
export function knownServer(connection: Connection): 'new' | 'known' | 'not to be asked' {
  const server = servers.get(connection);
  if (server === undefined) return 'new';
  return server.uptime === undefined ? 'not to be asked' : 'known';
}

/** What {@link identityIn} reads, on any connection. */
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
  // Who cannot see that another server has taken the place believes nothing of any.
  if (server.uptime === undefined) return { transactionId };
  const uptime = (valueOf(answers, 'tenant_ddl_uptime') as string | undefined) ?? server.uptime;
  if (server.uptime === uptime) return { transactionId, ...server };
  servers.delete(connection);
  return { transactionId, uptime };
}

/** Where the answer came from. */
export function serverIn(answers: readonly Answer[]): ServerIdentity {
  return {
    history: permittedIn(answers, 'tenant_ddl_history'),
    uptime: permittedIn(answers, 'tenant_ddl_server'),
  };
}

/** What became of the transaction, and who says so. The server refuses an id that it has not given out (22023). */
export function fateQuery({ transactionId }: TransactionIdentity): string {
  return `select pg_catalog.pg_xact_status(${literal(transactionId)}::pg_catalog.xid8) as tenant_ddl_fate, ${NEXT_ID}, ${HISTORY}, ${UPTIME_IF_PERMITTED}`;
}

/** Who it was that refused. */
export function serverQuery(): string {
  return `select ${HISTORY}, ${UPTIME_IF_PERMITTED}`;
}

/** The same server without a restart: it has forgotten nothing. */
export function isSameRun(asked: ServerIdentity, answering: ServerIdentity): boolean {
  return asked.uptime !== undefined && asked.uptime === answering.uptime;
}

/** What the server wrote down before is still there, up to some point: no other has taken over. */
export function isSameHistory(asked: ServerIdentity, answering: ServerIdentity): boolean {
  return asked.history !== undefined && asked.history === answering.history;
}

/** The same history, without a crash that could have lost the end of it. */
export function isWithoutCrash(asked: ServerIdentity, answering: ServerIdentity): boolean {
  const since = statisticsOf(asked);
  return isSameHistory(asked, answering) && since !== undefined && since === statisticsOf(answering);
}

/**
 * Whether the id was given out again, of the same history. Every start of a server leaves a checkpoint, of the stop
 * or of the recovery before it; where the last one has an id below ours as the next, ours was not known then.
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

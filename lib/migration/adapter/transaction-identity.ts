import { literal } from '../literal';
import { EQ, LE, NE, PLUS, TIMES } from '../qualified-sql';
import { valueOf, type Answer, type Connection } from './send';

/** A transaction, so that its fate can be asked for on another connection. */
export interface TransactionIdentity {
  /** As `pg_current_xact_id` gives it. */
  readonly transactionId: string;
  /** The cluster and its timeline: a server that took over counts transactions of its own. */
  readonly history: string;
  /** Since when the server has been up without a crash. */
  readonly uptime: string;
  /** The checkpoint that it would have recovered from when the connection was new. */
  readonly checkpoint: string;
}

/** Aurora has no WAL files, and so no names for them. */
const TIMELINE = `case when pg_catalog.to_regproc('pg_catalog.aurora_version') is null then pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8) end`;

const HISTORY = `pg_catalog.concat_ws('/', (select system_identifier from pg_catalog.pg_control_system()), ${TIMELINE})`;

/** The statistics are thrown away by every recovery, also by one that keeps the postmaster. */
const UPTIME = `pg_catalog.concat_ws('/', pg_catalog.extract('epoch', pg_catalog.pg_postmaster_start_time()), pg_catalog.extract('epoch', pg_catalog.pg_stat_get_bgwriter_stat_reset_time()))`;

const CHECKPOINT = '(select checkpoint_lsn::pg_catalog.text from pg_catalog.pg_control_checkpoint())';

/** Which server a connection leads to. Behind a pooler, that can change; its uptime shows it. */
const servers = new WeakMap<Connection, Omit<TransactionIdentity, 'transactionId'>>();

/** Of a server that has taken the place of the one that was asked: no fate can be believed. */
const NOT_ASKED = 'not asked';

/** The columns of a select that {@link identityIn} reads. They give the transaction its id, if it has none yet. */
export const IDENTITY = `pg_catalog.pg_current_xact_id()::pg_catalog.text as tenant_ddl_transaction, ${UPTIME} as tenant_ddl_uptime`;

/** Those beside {@link IDENTITY} that cost most: only where the connection has not told them before. */
export function serverColumns(connection: Connection): readonly string[] {
  return servers.has(connection) ? [] : [`${HISTORY} as tenant_ddl_history`, `${CHECKPOINT} as tenant_ddl_checkpoint`];
}

export function identityIn(answers: readonly Answer[], connection: Connection): TransactionIdentity | undefined {
  const text = (column: string): string | undefined => valueOf(answers, column) as string | undefined;
  const [transactionId, uptime] = [text('tenant_ddl_transaction'), text('tenant_ddl_uptime')];
  if (transactionId === undefined || uptime === undefined) return undefined;
  const [history, checkpoint] = [text('tenant_ddl_history'), text('tenant_ddl_checkpoint')];
  if (history !== undefined && checkpoint !== undefined) servers.set(connection, { history, uptime, checkpoint });
  const server = servers.get(connection);
  if (server?.uptime === uptime) return { transactionId, ...server };
  servers.delete(connection);
  return { transactionId, history: NOT_ASKED, uptime, checkpoint: NOT_ASKED };
}

/**
 * What became of the transaction: `committed`, `aborted`, `in progress`, or `unknown`. The server refuses
 * an id that it has not given out yet (22023): {@link sameHistoryQuery} tells then whose fault that is.
 *
 * `pg_xact_status` alone would be a guess. A crash loses the ids whose WAL was not written, with their
 * transactions, and gives them out again: "committed" is then said of somebody else's. What recovery ends
 * with is a checkpoint that holds the next id: one below ours means that ours was lost. An ordinary
 * checkpoint since then (its redo point lies before it) hides that.
 */
export function fateQuery({ transactionId, history, uptime, checkpoint }: TransactionIdentity): string {
  const nextId = `((pg_catalog.split_part(next_xid, ':', 1)::numeric ${TIMES} 4294967296) ${PLUS} pg_catalog.split_part(next_xid, ':', 2)::numeric)`;
  return `select case
  when ${HISTORY} ${NE} ${literal(history)} then 'unknown'
  when status ${NE} 'committed' then status
  when ${UPTIME} ${EQ} ${literal(uptime)} or checkpoint_lsn::pg_catalog.text ${EQ} ${literal(checkpoint)} then status
  when checkpoint_lsn ${NE} redo_lsn then 'unknown'
  when ${nextId} ${LE} ${literal(transactionId)}::numeric then 'aborted'
  else status
end as tenant_ddl_fate
from pg_catalog.pg_control_checkpoint(), (select pg_catalog.pg_xact_status(${literal(transactionId)}::pg_catalog.xid8) as status offset 0) asked`;
}

/** Whether it is still the server that gave the id: then an id "in the future" was lost in a crash. */
export function sameHistoryQuery({ history }: TransactionIdentity): string {
  return `select case when ${HISTORY} ${EQ} ${literal(history)} then 'aborted' else 'unknown' end as tenant_ddl_fate`;
}

import { literal } from '../literal';
import { valueOf, type Answer } from './send';

/** A transaction, so that its fate can be asked for on another connection. */
export interface TransactionIdentity {
  /** As `pg_current_xact_id` gives it. */
  readonly transactionId: string;
  /** Which history it belongs to: another server, or one that took over, counts other transactions. */
  readonly history: string | null;
}

/**
 * The cluster and its timeline (manual 9.28, 26.3.6). A standby that took over without the transaction
 * would by now give its id to another one. Aurora has no WAL files, and so no name for them.
 */
const HISTORY = `case when to_regproc('aurora_version') is null then
  (select system_identifier from pg_control_system())::text || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
end`;

/** The columns of a select that {@link identityIn} reads. Gives the transaction its id, if it has none yet. */
export const IDENTITY_COLUMNS = `pg_current_xact_id()::text as tenant_ddl_transaction, ${HISTORY} as tenant_ddl_history`;

export function identityIn(answers: readonly Answer[]): TransactionIdentity | undefined {
  const transactionId = valueOf(answers, 'tenant_ddl_transaction');
  const history = valueOf(answers, 'tenant_ddl_history');
  if (typeof transactionId !== 'string') return undefined;
  return { transactionId, history: typeof history === 'string' ? history : null };
}

/** What the server has to say; `unknown` where it is of another history, or no longer remembers. */
export function fateQuery({ transactionId, history }: TransactionIdentity): string {
  const status = `pg_xact_status(${literal(transactionId)}::xid8)`;
  const same = history === null ? 'true' : `${HISTORY} = ${literal(history)}`;
  return `select coalesce(case when ${same} then ${status} end, 'unknown') as tenant_ddl_fate`;
}

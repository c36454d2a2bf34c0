import { MigrationError } from '../errors';
import { explainedError } from '../run/failures/message';
import { joined } from '../run/wire/batch';
import { turn, turnName } from '../run/wire/turn';
import { literal } from '../sql/literal';
import { refuseOther } from './in-transaction';
import type { OnlineSession } from './online-session';
import { preCheck } from './pre-check';
import { beginRecord, ensureRecords, readRecord, type OnlineRecord } from './record';
import { runStages, type StageRan } from './run-stages';
import type { StagedWay } from './staged-change';
import { readTable, refuseDivided, refuseUnmet, type TableFacts } from './table-facts';

/** A change that may have been begun. */
interface BegunChange {
  readonly way: StagedWay;
  /** The change itself. */
  readonly json: string;
  readonly mark: string | undefined;
}

/** Runs what is due of a change: all of it, or what an earlier call has left. */
export async function beginOrGoOn(
  session: OnlineSession,
  { way, json, mark }: BegunChange,
  onStage: (ran: StageRan) => void,
): Promise<{ readonly resumed: boolean }> {
  const { org, table } = session;
  const found = await tableOf(session, way);
  const { oid } = found;
  await ensureRecords(session);
  const record = await readRecord(session, oid);
  if (record === undefined) {
    await refuseUnfit(session, way, found);
    await session.ask(joined([...inTurn(session, oid), beginRecord(oid, org, table, json, way.hash)]));
  } else {
    refuseOtherChange(session, way, record);
  }
  await runStages(session, { way, oid, mark }, record?.stage ?? 0, onStage);
  return { resumed: record !== undefined };
}

/** Refuses a change that would fail, before anything of it is done. */
export async function refuseUnfit(session: OnlineSession, way: StagedWay, found: TableFacts): Promise<void> {
  await refuseUnmet(session, way.subject);
  refuseDivided(session.org, session.table, found);
  await preCheck(session, way.subject, way.checks);
}

export async function tableOf(session: OnlineSession, { subject }: StagedWay): Promise<TableFacts> {
  const found = await readTable(session);
  if (found !== undefined) return found;
  await refuseUnmet(session, subject);
  const { org, table } = session;
  throw explainedError(undefined, { code: 'MODEL_NOT_FOUND', retryScope: 'none', org, table });
}

/**
 * The record is made in the tenant's turn, so its table keeps its name while there is one: renameTenant looks for records
 * in its own turn. In one query, which is a transaction (manual 55.2.2.1).
 */
function inTurn({ org, table, settings }: OnlineSession, oid: string): readonly string[] {
  const { statementTimeoutMs } = settings;
  return [
    // Waiting for a turn keeps nobody else waiting.
    `set local lock_timeout = ${literal(`${statementTimeoutMs}ms`)}`,
    `select ${turn(literal(turnName(org)))}`,
    refuseOther(org, table, oid),
  ];
}

/** Another change would be lost among the stages of the first one. */
function refuseOtherChange({ org, table }: OnlineSession, way: StagedWay, record: OnlineRecord): void {
  if (record.org !== org || record.table !== table) {
    throw underWayError(
      `"${org}"."${table}" was "${record.org}"."${record.table}" when an online change of it was begun, which is not finished. Give it that name again, and finish the change or take it back`,
    );
  }
  if (record.plan === way.hash) return;
  const { kind } = JSON.parse(record.change) as { readonly kind: string };
  throw underWayError(
    `An online change of "${org}"."${table}" (${kind}) was begun, and is not finished. Call applyOnline with that change to go on with it, or take it back with abandonOnline('${org}', '${table}', db)`,
  );
  function underWayError(what: string): MigrationError {
    return new MigrationError(`${what}. Nothing was changed.`, { code: 'CHANGE_UNDER_WAY', org, table });
  }
}

import { MigrationError } from '../errors';
import type { OnlineOptions } from '../options/options';
import { onlineSettingsOf } from '../options/settings';
import { onlineWay } from '../plan/online/online-plan';
import type { Change } from '../plan/operations';
import { writeRecord } from '../options/logger';
import { identifier } from '../sql/identifier';
import type { TenantDb } from '../tenant/tenant-db';
import { withLease } from './lease';
import { onlineServer } from './online-server';
import { withSession, type OnlineSession } from './online-session';
import { asChange, checkedForOnline } from './plan-online';
import { ensureRecords, forgetGone, readRecord } from './record';
import { readTable } from './table-facts';
import { undoStages } from './undo-stages';

/** The result of `abandonOnline`. */
export interface Abandoned {
  readonly org: string;
  readonly table: string;
  /** The change that was taken back; undefined if none was begun. */
  readonly change?: Change;
}

/**
 * Takes back an online change that was begun and is not finished: afterwards the table is what it was before. Waits for
 * a call that is still at work on it, for at most `waitMs`. Takes brief locks as `applyOnline` does, and drops indexes
 * CONCURRENTLY.
 *
 * @param db as for `applyOnline`
 * @throws MigrationError CHANGE_UNDER_WAY for a change that can only be finished: an index that is being dropped;
 *   CONNECTION_LOST if its record is still there; OUTCOME_UNKNOWN if the server cannot say whether it is
 * @example await abandonOnline('acme-corp', 'invoice', knex);
 */
export async function abandonOnline(
  org: string,
  table: string,
  db: TenantDb,
  options?: OnlineOptions,
): Promise<Abandoned> {
  const at = { org: identifier(org, 'org'), table: identifier(table, 'table') };
  const settings = onlineSettingsOf(options);
  const server = await onlineServer(at.org, db, 'abandonOnline');
  return withSession(server, at, settings, (session) => withLease(session, async () => takeBack(session)));
}

async function takeBack(session: OnlineSession): Promise<Abandoned> {
  const { org, table, settings, ask } = session;
  await ensureRecords(session);
  const found = await readTable(session);
  const record = found && (await readRecord(session, found.oid));
  if (found === undefined || record === undefined) {
    await ask(forgetGone(org, table));
    return { org, table };
  }
  const change = checkedForOnline(org, JSON.parse(record.change), settings.sharedSchemas);
  const way = onlineWay(org, change);
  if (way.as !== 'stages' || way.hash !== record.plan) throw otherPlanError(session);
  if (way.stages[record.stage]?.kind === 'drop') throw finishError(session);
  await undoStages(session, { way, oid: found.oid }, record.stage);
  writeRecord(settings.logger, 'info', 'ONLINE ABANDONED', {
    org,
    table,
    fields: way.subject.fields,
    operation: way.subject.message,
  });
  return { org, table, change: asChange(change) };
}

function otherPlanError({ org, table }: OnlineSession): MigrationError {
  return new MigrationError(
    `The online change of "${org}"."${table}" was begun under another name of the table, or by another version of this library, which plans it in another way. Nothing was changed. Take it back as it was begun.`,
    { code: 'CHANGE_UNDER_WAY', org, table },
  );
}

function finishError({ org, table }: OnlineSession): MigrationError {
  return new MigrationError(
    `The index is being dropped from "${org}"."${table}", which cannot be taken back. Call applyOnline with the same change to finish it, and add the index again.`,
    { code: 'CHANGE_UNDER_WAY', org, table },
  );
}

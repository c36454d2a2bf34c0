import { MigrationError } from '../errors';
import type { ChangeOptions } from '../options/options';
import { settingsOf } from '../options/settings';
import { onlineWay } from '../plan/online/online-plan';
import type { Change } from '../plan/operations';
import { askPool } from '../run/commit/ask';
import { rowsOf, type Answer } from '../run/wire/send';
import { identifier, type Identifier } from '../sql/identifier';
import { literal } from '../sql/literal';
import { EQ } from '../sql/qualified-sql';
import type { TenantDb } from '../tenant/tenant-db';
import { holder, leaseKey } from './lease';
import { onlineServer } from './online-server';
import { asChange, checkedForOnline } from './plan-online';
import { RECORD_COLUMNS, RECORDS, recordsIn, type OnlineRecord } from './record';

/** An online change that was begun and is not finished. */
export interface OnlineStatus {
  readonly table: string;
  readonly change: Change;
  /** The name of the stage that is due or under way. */
  readonly stage: string;
  /** Which one it is, from 1, and of how many. */
  readonly number: number;
  readonly of: number;
  readonly begunAt: Date;
  /** Whether a session is at work on it; if not, `applyOnline` goes on with it, and `abandonOnline` takes it back. */
  readonly running: boolean;
}

/**
 * The online changes of a tenant that are not finished. Changes nothing, and locks nothing that others would notice.
 *
 * @throws MigrationError PERMISSION_DENIED, CONNECTION_LOST
 * @example
 * for (const { table, stage, running } of await onlineStatus('acme-corp', knex)) console.log(table, stage, running);
 */
export async function onlineStatus(
  org: string,
  db: TenantDb,
  options?: ChangeOptions,
): Promise<readonly OnlineStatus[]> {
  const checkedOrg = identifier(org, 'org');
  const settings = settingsOf(options);
  const server = await onlineServer(checkedOrg, db, 'onlineStatus');
  const ask = (sql: string): Promise<readonly Answer[]> => askPool(server, sql, settings, checkedOrg);
  if (rowsOf(await ask(THERE)).length === 0) return [];
  const records = recordsIn(
    await ask(`select ${RECORD_COLUMNS} from ${RECORDS} where org ${EQ} ${literal(checkedOrg)} order by begun_at`),
  );
  const found: OnlineStatus[] = [];
  for (const record of records) {
    const [row] = rowsOf<{ held: unknown }>(
      await ask(`select ${holder(leaseKey(checkedOrg, record.table as Identifier))} as held`),
    );
    found.push(statusOf(checkedOrg, record, row?.held !== null, settings.sharedSchemas));
  }
  return found;
}

/** Nothing was ever made online without it. */
const THERE = `select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
where n.nspname ${EQ} 'tenant_ddl' and c.relname ${EQ} 'online_change'`;

function statusOf(
  org: Identifier,
  { table, change: json, stage, begunAt }: OnlineRecord,
  running: boolean,
  sharedSchemas: readonly string[],
): OnlineStatus {
  const change = checkedForOnline(org, JSON.parse(json), sharedSchemas);
  const way = onlineWay(org, change);
  const stages = way.as === 'stages' ? way.stages : [];
  const due = stages[stage];
  if (due === undefined) {
    throw new MigrationError(`An online change of "${org}"."${table}" was begun by another version of this library.`, {
      code: 'CHANGE_UNDER_WAY',
      org,
      table,
    });
  }
  return { table, change: asChange(change), stage: due.name, number: stage + 1, of: stages.length, begunAt, running };
}

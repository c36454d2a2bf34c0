import type { MigrationError } from '../errors';
import { onlineServer } from '../online/online-server';
import { runInStages, type OnlineLedger } from '../online/run-in-stages';
import { ONLINE, runTraced } from '../run/channels';
import type { Identifier } from '../sql/identifier';
import type { ClaimedTenant } from './ledger';
import type { StagedPart } from './next-part';
import { locksShared, type RolloutOn } from './rollout-on';
import { onlineSettingsIn } from './rollout-settings';
import { markMade, mayGoOn, tenantRowIn, tenantRowQuery } from './tenant-row';
import { whileRunning } from './while-running';

/** Which change of whose list it is. */
export interface PlaceInList {
  readonly tenant: ClaimedTenant;
  /** How many are made. */
  readonly changed: number;
  readonly of: number;
}

/**
 * Makes one change of a tenant in stages, if its row says that it is due; the last stage writes into the row that it is
 * made. Also ends where it was stopped before a stage: the row then says that the tenant is pending.
 */
export async function runPartOnline(
  on: RolloutOn,
  { checked, way }: StagedPart,
  { tenant, changed, of }: PlaceInList,
  isHalted: () => boolean,
): Promise<void> {
  const org = tenant.org as Identifier;
  const at = { rollout: on.id, org };
  const ledger: OnlineLedger = {
    isDue: async (ask) => {
      const row = tenantRowIn(await ask(tenantRowQuery(at)));
      return row !== undefined && mayGoOn(row) && row.changed === changed;
    },
    mark: markMade(at, changed, changed + 1 === of),
  };
  const server = await onlineServer(org, on.server, 'rollOut');
  const trace = { org, table: checked.table, operation: way.subject.message };
  const run = (signal: AbortSignal): Promise<unknown> =>
    runTraced(
      ONLINE,
      () => trace,
      () => runInStages({ org, checked, way, server, ledger }, onlineSettingsIn(on.settings, signal)),
    );
  const turn = (): Promise<unknown> => on.inStages(() => whileRunning(on, isHalted, run));
  const isShared = locksShared(on.workFor({ ...tenant, changed }, changed + 1));
  try {
    await (isShared ? on.alone(turn) : turn());
  } catch (error) {
    if ((error as MigrationError).code !== 'ABORTED') throw error;
  }
}

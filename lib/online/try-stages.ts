import type { OnlineSettings } from '../options/options';
import { refuseUnfit, tableOf } from './begin-or-go-on';
import { withSession } from './online-session';
import type { StagedWork } from './run-in-stages';

/** Looks for what would make a change fail, as is done before its first stage, and changes nothing. */
export function tryStages({ org, checked, way, server }: StagedWork, settings: OnlineSettings): Promise<void> {
  return withSession(server, { org, table: checked.table }, settings, async (session) => {
    await refuseUnfit(session, way, await tableOf(session, way));
  });
}

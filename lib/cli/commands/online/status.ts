import type { OnlineStatus } from '../../..';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../../database';
import { writeDocument } from '../../document';
import { EXIT, type ExitCode } from '../../exit-codes';
import { library } from '../../library';
import { addOrgOptions, orgsOf, refuseNoOrgs, type OrgOptions } from '../../orgs';
import { print, type World } from '../../world';
import type { AddCommand } from '../command';

interface OnlineStatusOptions extends DatabaseOptions, OrgOptions {
  readonly json?: boolean;
}

export const addOnlineStatus: AddCommand = (online, world, runner) => {
  const command = online
    .command('status')
    .description('Shows online changes that are not finished; ends with 2 where there are any. Changes nothing.');
  addDatabaseOptions(addOrgOptions(command))
    .option('--json', 'write JSON to standard output')
    .action((options: OnlineStatusOptions) => runner('online status', () => status(options, world)));
};

async function status(options: OnlineStatusOptions, world: World): Promise<ExitCode> {
  refuseNoOrgs(options);
  const found: (OnlineStatus & { readonly org: string })[] = [];
  await withDatabase(options, world, async (db) => {
    for (const org of await orgsOf(options, db)) {
      world.signal.throwIfAborted();
      found.push(...(await library().onlineStatus(org, db)).map((each) => ({ org, ...each })));
    }
  });
  if (options.json === true) writeDocument(world, 'online status', { unfinished: found });
  else print(world.stdout, found.length === 0 ? 'No online change is unfinished.' : found.map(textOf).join('\n'));
  return found.length === 0 ? EXIT.done : EXIT.differences;
}

function textOf({ org, table, stage, number, of, running, begunAt }: OnlineStatus & { readonly org: string }): string {
  const standing = running ? 'running' : 'not running: apply goes on with it, abandon takes it back';
  return `${org}.${table}: stage ${number} of ${of}, ${stage}, begun ${begunAt.toISOString()}, ${standing}`;
}

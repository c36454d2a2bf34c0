import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../../database';
import { EXIT } from '../../exit-codes';
import { library } from '../../library';
import { quoted } from '../../text';
import { print } from '../../world';
import type { AddCommand } from '../command';
import { showReport } from './report';

interface StateOptions extends DatabaseOptions {
  readonly json?: boolean;
}

export const addPause = addState(
  'pause',
  'Pauses a rollout, from any process: each connection ends with the tenant that it has in hand.',
);

export const addResume = addState(
  'resume',
  'Lets a paused or stopped rollout go on. Processes that wait for it do; where none does, rollout start goes on.',
);

function addState(verb: 'pause' | 'resume', description: string): AddCommand {
  return (rollout, world, runner) => {
    const command = rollout.command(verb).description(description).argument('<name>', 'of the rollout in the ledger');
    addDatabaseOptions(command)
      .option('--json', 'write JSON to standard output')
      .action((name: string, options: StateOptions) =>
        runner(`rollout ${verb}`, () =>
          withDatabase(options, world, async (db) => {
            const { pauseRollout, resumeRollout } = library();
            const status = await (verb === 'pause' ? pauseRollout : resumeRollout)(name, db);
            showReport(status, `rollout ${verb}`, options.json === true, world);
            if (verb === 'resume' && status.pending > 0) {
              const next = `tenant-ddl rollout start --name ${quoted(name)}`;
              print(world.stderr, `If no process is waiting for it, go on with: ${next}`);
            }
            return EXIT.done;
          }),
        ),
      );
  };
}

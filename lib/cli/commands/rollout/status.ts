import type { RolloutStatus } from '../../..';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../../database';
import { EXIT, type ExitCode } from '../../exit-codes';
import { library } from '../../library';
import type { AddCommand } from '../command';
import { showReport } from './report';

interface StatusOptions extends DatabaseOptions {
  readonly json?: boolean;
}

export const addStatus: AddCommand = (rollout, world, runner) => {
  const command = rollout
    .command('status')
    .description('Says how a rollout stands, from any process. Changes nothing.')
    .argument('<name>', 'of the rollout in the ledger');
  addDatabaseOptions(command)
    .option('--json', 'write JSON to standard output')
    .action((name: string, options: StatusOptions) =>
      runner('rollout status', () =>
        withDatabase(options, world, async (db) => {
          const status = await library().rolloutStatus(name, db);
          showReport(status, 'rollout status', options.json === true, world);
          return exitCodeOfStatus(status);
        }),
      ),
    );
};

export function exitCodeOfStatus({ failed, pending }: RolloutStatus): ExitCode {
  return failed > 0 ? EXIT.failedTenants : pending > 0 ? EXIT.differences : EXIT.done;
}

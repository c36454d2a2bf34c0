import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../../database';
import { writeDocument } from '../../document';
import { EXIT } from '../../exit-codes';
import { library } from '../../library';
import { loggerOn } from '../../logger';
import { print } from '../../world';
import type { AddCommand } from '../command';

interface AbandonOptions extends DatabaseOptions {
  readonly org: string;
  readonly json?: boolean;
}

export const addOnlineAbandon: AddCommand = (online, world, runner) => {
  const command = online
    .command('abandon')
    .description('Takes back an online change that is not finished: the table is then what it was before.')
    .argument('<table>', 'the table that it is made on')
    .requiredOption('--org <org>', 'the tenant');
  addDatabaseOptions(command)
    .option('--json', 'write JSON to standard output')
    .action((table: string, options: AbandonOptions) =>
      runner('online abandon', () =>
        withDatabase(options, world, async (db) => {
          const given = { logger: loggerOn(world.stderr, false), signal: world.signal };
          const abandoned = await library().abandonOnline(options.org, table, db, given);
          if (options.json === true) writeDocument(world, 'online abandon', { abandoned });
          else
            print(
              world.stdout,
              abandoned.change === undefined ? 'None was begun.' : `Taken back: ${abandoned.change.kind}.`,
            );
          return EXIT.done;
        }),
      ),
    );
};

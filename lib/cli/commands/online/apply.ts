import type { OnlineOptions, OnlineResult } from '../../..';
import { addChangeOptions, changeOptionsOf, wholeNumber, type ChangeFlags } from '../../change-options';
import { confirmLosses } from '../../confirm';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../../database';
import { writeDocument } from '../../document';
import { EXIT, type ExitCode } from '../../exit-codes';
import { readChanges, refuseFaultyChanges } from '../../files/changes-file';
import { library } from '../../library';
import { stageProgressOn } from '../../progress';
import { print, type World } from '../../world';
import type { AddCommand } from '../command';

interface OnlineApplyOptions extends DatabaseOptions, ChangeFlags {
  readonly org: string;
  readonly stageTimeout?: number;
  readonly json?: boolean;
}

export const addOnlineApply: AddCommand = (online, world, runner) => {
  const command = online
    .command('apply')
    .description('Makes changes in one tenant, one after the other, or goes on with one that was begun.')
    .argument('<changes>', 'a JSON file with a list of changes; - is standard input')
    .requiredOption('--org <org>', 'the tenant');
  addChangeOptions(addDatabaseOptions(command))
    .option('--stage-timeout <ms>', 'how long a statement may take that blocks nobody; default 12 hours', wholeNumber)
    .option('--json', 'write JSON to standard output')
    .action((file: string, options: OnlineApplyOptions) => runner('online apply', () => apply(file, options, world)));
};

async function apply(name: string, options: OnlineApplyOptions, world: World): Promise<ExitCode> {
  const { org } = options;
  const file = await readChanges(name, world);
  refuseFaultyChanges(file, org, options.sharedSchema);
  const { changes } = file;
  await confirmLosses({ changes, org, tenants: 1, sharedSchemas: options.sharedSchema }, options.yes, world);
  const results: OnlineResult[] = [];
  await withDatabase(options, world, async (db) => {
    const progress = stageProgressOn(world);
    const given: OnlineOptions = {
      ...changeOptionsOf(options, world),
      // Its defaults differ from those of other changes.
      retry: { maxAttempts: options.attempts, signal: world.signal },
      stageTimeoutMs: options.stageTimeout,
      signal: world.signal,
      onProgress: progress.tell,
    };
    try {
      for (const change of file.changes) {
        const result = await library().applyOnline(org, change, db, given);
        progress.end();
        results.push(result);
        if (options.json !== true) print(world.stdout, textOf(result));
      }
    } finally {
      progress.end();
    }
  });
  if (options.json === true) writeDocument(world, 'online apply', { results });
  return EXIT.done;
}

function textOf({ org, stages, resumed, durationMs }: OnlineResult): string {
  const names = stages.map(({ name, durationMs: ms }) => `${name} ${ms} ms`).join(', ');
  return `${org}: ${resumed ? 'went on with it: ' : ''}${names}; ${durationMs} ms`;
}

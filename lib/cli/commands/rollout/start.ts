import type { Command } from 'commander';
import type { Knex } from 'knex';
import type { RolloutOptions } from '../../..';
import { addChangeOptions, changeOptionsOf, wholeNumber, type ChangeFlags } from '../../change-options';
import { confirmLosses } from '../../confirm';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../../database';
import { EXIT, type ExitCode } from '../../exit-codes';
import { UsageError } from '../../failures';
import { readChanges, refuseFaultyChanges, type ChangesFile } from '../../files/changes-file';
import { library } from '../../library';
import { addOrgOptions, areNamed, areNone, orgsOf, refuseNoOrgs, type OrgOptions } from '../../orgs';
import { progressOn } from '../../progress';
import { print, type World } from '../../world';
import type { AddCommand } from '../command';
import { showReport } from './report';
import { exitCodeOfStatus } from './status';

interface StartOptions extends DatabaseOptions, OrgOptions, ChangeFlags {
  readonly name: string;
  readonly connections?: number;
  readonly canary?: number;
  readonly waves?: readonly number[];
  readonly bake?: number;
  readonly maxPerSecond?: number;
  readonly trial?: number;
  readonly online?: number | true;
  readonly stopAfter?: number | false;
  readonly json?: boolean;
}

export const addStart: AddCommand = (rollout, world, runner) => {
  const command = rollout
    .command('start')
    .summary('begin a rollout, or go on with it')
    .description('Begins a rollout. One of the same name goes on where it ended; with other changes, it is refused.');
  addPaceOptions(addChangeOptions(addDatabaseOptions(addOrgOptions(addFile(command)))))
    .option('--canary <count>', 'tenants that come first, one failure of which stops all; default 1', wholeNumber)
    .option('--trial <count>', 'tenants to try it in first, rolled back; default 0', wholeNumber)
    .action((file: string | undefined, options: StartOptions) =>
      runner('rollout start', () => {
        if (file !== undefined) refuseNoOrgs(options);
        else if (!areNone(options)) throw new UsageError('Tenants come with their changes: give the file, too.');
        return start(file, options, false, world);
      }),
    );
};

export const addRetry: AddCommand = (rollout, world, runner) => {
  const command = rollout
    .command('retry')
    .summary('try the tenants again that have failed')
    .description('Goes on with a rollout, and tries those tenants again that have failed.');
  addPaceOptions(addChangeOptions(addDatabaseOptions(addFile(command)))).action(
    (file: string | undefined, options: StartOptions) =>
      runner('rollout retry', () => start(file, options, true, world)),
  );
};

function addFile(command: Command): Command {
  return command
    .argument('[changes]', 'a JSON file with a list of changes; without it, the list in the ledger goes on')
    .requiredOption('--name <name>', 'of the rollout in the ledger');
}

function addPaceOptions(command: Command): Command {
  return command
    .option('--connections <count>', 'tenants at a time; default 4', wholeNumber)
    .option('--waves <sizes>', 'sizes of the waves after the canary; default 10,100', sizes)
    .option('--bake <ms>', 'how long to wait after each wave; default 0', wholeNumber)
    .option('--online [rows]', 'change tables of so many rows and more in stages; default 50000', wholeNumber)
    .option('--max-per-second <count>', 'no more tenants a second than this', wholeNumber)
    .option('--stop-after <failures>', 'stop after as many failures; default 10, or 5 % of 100 and more', wholeNumber)
    .option('--no-stop-after', 'never stop by itself, but for the canary')
    .option('--json', 'write JSON to standard output');
}

function sizes(value: string): readonly number[] {
  return value.split(',').map((size) => wholeNumber(size.trim()));
}

async function start(
  name: string | undefined,
  options: StartOptions,
  retryFailed: boolean,
  world: World,
): Promise<ExitCode> {
  const file = name === undefined ? undefined : await readChanges(name, world);
  if (file?.tenants !== undefined) {
    throw new UsageError(`${name} is a plan. A rollout takes the list of changes that it was made from.`);
  }
  const connections = options.connections ?? 4;
  return withDatabase(
    options,
    world,
    async (db) => {
      const { rollOut } = library();
      const orgs = retryFailed || file === undefined ? undefined : await orgsOf(options, db);
      if (file !== undefined) await confirm(file, orgs, options, db, world);
      const progress = progressOn(world);
      try {
        // Asked again at the end, for tenants that were created in the meantime.
        const targets = orgs === undefined || areNamed(options) ? orgs : firstThen(orgs, () => orgsOf(options, db));
        const given: RolloutOptions = {
          ...changeOptionsOf(options, world),
          ...(options.verbose === true ? {} : { logger: false }),
          ...paceOf(options, connections),
          ...(targets === undefined ? {} : { orgs: targets }),
          retryFailed,
          signal: world.signal,
          onProgress: progress.tell,
        };
        const report = await rollOut({ name: options.name, changes: file?.changes }, db, given);
        progress.end();
        if (report.trial !== undefined && report.trial.failures.length > 0) {
          print(world.stderr, 'The trial failed. Nothing was changed.');
        }
        showReport(report, retryFailed ? 'rollout retry' : 'rollout start', options.json === true, world);
        return report.ended === 'aborted' ? EXIT.interrupted : exitCodeOfStatus(report);
      } finally {
        progress.end();
      }
    },
    // A change in stages has two; one more for the ledger.
    connections * (options.online === undefined ? 1 : 2) + 1,
  );
}

/** What goes on by the ledger's own list was confirmed when it began. */
async function confirm(
  file: ChangesFile,
  orgs: readonly string[] | undefined,
  options: StartOptions,
  db: Knex,
  world: World,
): Promise<void> {
  const [org = 'org'] = orgs ?? [];
  const { changes } = file;
  refuseFaultyChanges(file, org, options.sharedSchema);
  const tenants = orgs?.length ?? (await library().rolloutStatus(options.name, db)).targets;
  await confirmLosses({ changes, org, tenants, sharedSchemas: options.sharedSchema }, options.yes, world);
}

/** The orgs that were asked for already, and those of a new question each later time. */
function firstThen(orgs: readonly string[], ask: () => Promise<readonly string[]>): () => Promise<readonly string[]> {
  let first: readonly string[] | undefined = orgs;
  return async () => {
    const known = first ?? (await ask());
    first = undefined;
    return known;
  };
}

function paceOf(options: StartOptions, connections: number): RolloutOptions {
  const { canary, waves, bake, maxPerSecond, trial, stopAfter, online } = options;
  return {
    connections,
    canary,
    waves,
    bakeMs: bake,
    maxPerSecond,
    trial,
    online: typeof online === 'number' ? { fromRows: online } : online,
    stopAfter:
      typeof stopAfter === 'number' ? { failures: stopAfter, ratio: 1 } : stopAfter === false ? false : undefined,
  };
}

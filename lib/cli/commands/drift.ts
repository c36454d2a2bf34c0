import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Knex } from 'knex';
import type { DriftReport, Models, TenantDrift } from '../..';
import { collected } from '../change-options';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../database';
import { writeDocument } from '../document';
import { EXIT, worstOf, type ExitCode } from '../exit-codes';
import { UsageError } from '../failures';
import { readModels } from '../files/models-file';
import { library } from '../library';
import { addOrgOptions, areNone, orgsOf, type OrgOptions } from '../orgs';
import { counted, quoted } from '../text';
import { print, type World } from '../world';
import type { AddCommand } from './command';

interface DriftOptions extends DatabaseOptions, OrgOptions {
  readonly out?: string;
  readonly destructive?: boolean;
  readonly sharedSchema?: readonly string[];
  readonly json?: boolean;
}

export const addDrift: AddCommand = (program, world, runner) => {
  const command = program
    .command('drift')
    .summary('compare tenants with models')
    .description(
      'Compares the tables of tenants with models, and groups the tenants by what is different. Without a tenant, ' +
        'compares all of the database. Changes nothing.',
    )
    .argument('<models>', 'a JSON file with a list of models, or what inspect --json has written; - is standard input');
  addDatabaseOptions(addOrgOptions(command))
    .option('--out <file>', 'write the changes that mend one tenant, for apply')
    .option('--destructive', 'also the changes that delete something, where --out writes them')
    .option('--shared-schema <schema>', 'a schema that may be referred to; default public; may be repeated', collected)
    .option('--json', 'write JSON to standard output')
    .action((file: string, options: DriftOptions) => runner('drift', () => drift(file, options, world)));
};

async function drift(name: string, options: DriftOptions, world: World): Promise<ExitCode> {
  const desired = await readModels(name, world);
  return withDatabase(options, world, async (db) => {
    const orgs = areNone(options) ? undefined : await orgsOf(options, db);
    if (options.out !== undefined && orgs?.length !== 1) {
      throw new UsageError('--out writes the changes for one tenant: give it with --org.');
    }
    const drifted: TenantDrift[] = [];
    let report: DriftReport | undefined;
    const { driftReport, formatDrift } = library();
    for await (report of driftReport(db, desired, { orgs, sharedSchemas: options.sharedSchema, logger: false })) {
      world.signal.throwIfAborted();
      drifted.push(...report.page);
      if (!report.complete) print(world.stderr, `${counted(report.tenants, 'tenant')} compared`);
    }
    if (report === undefined) return EXIT.error;
    if (options.json === true) writeDocument(world, 'drift', contentOf(report, drifted));
    else print(world.stdout, formatDrift(report));
    if (options.out !== undefined) await writeChanges(orgs?.[0] ?? '', desired, options.out, db, options, world);
    return exitCodeOf(report);
  });
}

function exitCodeOf({ complete, gone, groups }: DriftReport): ExitCode {
  return worstOf([
    ...(complete && gone.length === 0 ? [] : [EXIT.error]),
    ...(groups.length > 0 ? [EXIT.differences] : []),
  ]);
}

/** Differences in words: a default is somebody's value. */
function contentOf(report: DriftReport, drifted: readonly TenantDrift[]): object {
  const { formatDifference } = library();
  const said = (difference: TenantDrift['differences'][number]): object => {
    const { kind, remedy, hint, table, column } = { table: undefined, column: undefined, ...difference };
    return { kind, table, column, remedy, message: formatDifference(difference), hint };
  };
  const { complete, tenants, same, groups, changing, gone } = report;
  return {
    complete,
    tenants,
    same,
    groups: groups.map(({ difference, ...group }) => ({ ...said(difference), ...group })),
    changing,
    gone,
    drifted: drifted.map(({ org, differences }) => ({ org, differences: differences.map(said) })),
  };
}

async function writeChanges(
  org: string,
  desired: Models,
  path: string,
  db: Knex,
  { destructive, sharedSchema }: DriftOptions,
  world: World,
): Promise<void> {
  const { changesFor, diffModels, inspectTenant } = library();
  const differences = diffModels(desired, await inspectTenant(org, db), { sharedSchemas: sharedSchema });
  const changes = changesFor(differences, { destructive });
  await writeFile(resolve(world.cwd, path), `${JSON.stringify(changes, null, 2)}\n`);
  const left = differences.filter(({ remedy }) => remedy === 'manual' || (remedy === 'destructive' && !destructive));
  const rest = left.length === 0 ? '' : `; ${counted(left.length, 'difference')} left out, see the report`;
  print(world.stderr, `${counted(changes.length, 'change')} written to ${path}${rest}.`);
  if (changes.length > 0) print(world.stderr, `Make them with: tenant-ddl apply ${quoted(path)} --org ${org}`);
}

import type { Knex } from 'knex';
import type { ChangeOptions, ChangeResult } from '../..';
import { addChangeOptions, changeOptionsOf, type ChangeFlags } from '../change-options';
import { confirmLosses } from '../confirm';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../database';
import { writeDocument } from '../document';
import { EXIT, worstOf, type ExitCode } from '../exit-codes';
import { exitCodeOf, failureOf, RefusedError, UsageError, type Failure } from '../failures';
import { readChanges, refuseFaultyChanges, type ChangesFile } from '../files/changes-file';
import { stateOf } from '../files/plan-file';
import { library } from '../library';
import { addOrgOptions, areNamed, orgsOf, refuseNoOrgs, type OrgOptions } from '../orgs';
import { counted } from '../text';
import { print, type World } from '../world';
import type { AddCommand } from './command';

interface ApplyOptions extends DatabaseOptions, OrgOptions, ChangeFlags {
  readonly json?: boolean;
}

export const addApply: AddCommand = (program, world, runner) => {
  const command = program
    .command('apply')
    .summary('make changes in one tenant, or one tenant after the other')
    .description(
      'Makes the changes of a file in each tenant, all of them or none, one tenant after the other, and stops at the ' +
        'first that fails. For many tenants, see rollout.',
    )
    .argument('<file>', 'a JSON file with a list of changes, or what plan --out has written; - is standard input');
  addChangeOptions(addDatabaseOptions(addOrgOptions(command)))
    .option('--json', 'write JSON to standard output')
    .action((file: string, options: ApplyOptions) => runner('apply', () => apply(file, options, world)));
};

async function apply(name: string, options: ApplyOptions, world: World): Promise<ExitCode> {
  const file = await readChanges(name, world);
  const isPlan = file.tenants !== undefined;
  if (isPlan && (options.org !== undefined || !areNamed(options))) {
    throw new UsageError(`${name} is a plan, and is for the tenants that it was made for: give none.`);
  }
  if (!isPlan) refuseNoOrgs(options);
  return withDatabase(options, world, async (db) => {
    const orgs = file.tenants?.map(({ org }) => org) ?? (await orgsOf(options, db));
    const [org = ''] = orgs;
    const { changes } = file;
    refuseFaultyChanges(file, org, options.sharedSchema);
    await confirmLosses(
      { changes, org, tenants: orgs.length, sharedSchemas: options.sharedSchema },
      options.yes,
      world,
    );
    return applyTo(orgs, file, db, options, world);
  });
}

/** What became of one tenant. */
type Outcome = ChangeResult | { readonly org: string; readonly error: Failure };

async function applyTo(
  orgs: readonly string[],
  file: ChangesFile,
  db: Knex,
  options: ApplyOptions,
  world: World,
): Promise<ExitCode> {
  const settings = changeOptionsOf(options, world);
  const results: Outcome[] = [];
  const codes: ExitCode[] = [];
  for (const org of orgs) {
    if (world.signal.aborted) codes.push(EXIT.interrupted);
    if (codes.length > 0) break;
    try {
      const result = await applyOne(org, file, db, settings);
      results.push(result);
      if (options.json !== true) print(world.stdout, resultText(result));
    } catch (error) {
      codes.push(exitCodeOf(error, world.signal));
      const failure = failureOf(error, 'apply', world.env);
      results.push({ org, error: failure });
      print(world.stderr, failure.message);
    }
  }
  const notRun = orgs.slice(results.length);
  if (notRun.length > 0) {
    print(world.stderr, `Not run for ${counted(notRun.length, 'tenant')}, from "${notRun[0]}" on.`);
  }
  const changed = results.filter((outcome) => !('error' in outcome)).length;
  if (codes.length > 0 && changed > 0) {
    const next = file.tenants === undefined ? 'leave them out when you run the command' : 'plan without them';
    print(world.stderr, `Changed in ${counted(changed, 'tenant')} before that: ${next} again.`);
  }
  if (options.json === true) writeDocument(world, 'apply', { results, notRun });
  return worstOf(codes);
}

async function applyOne(org: string, file: ChangesFile, db: Knex, settings: ChangeOptions): Promise<ChangeResult> {
  const { applyChanges, planChanges, withTenant } = library();
  const state = file.tenants?.find((tenant) => tenant.org === org)?.state;
  if (state === undefined) return applyChanges(org, file.changes, db, settings);
  const plan = planChanges(org, file.changes, { sharedSchemas: settings.sharedSchemas });
  // The turn keeps every other change of this tenant out from the look to COMMIT.
  const options = { ...settings, turn: 'start' as const };
  return withTenant(
    org,
    db,
    async (tenant) => {
      if ((await stateOf(plan, tenant)) !== state) throw movedError(org, file);
      return applyChanges(org, file.changes, tenant);
    },
    options,
  );
}

function movedError(org: string, { file }: ChangesFile): RefusedError {
  return new RefusedError(
    `The tables of "${org}" are not those that ${file.name} was made on: somebody has changed them since. Nothing was ` +
      'changed in it. Plan again, and look at what is different.',
  );
}

function resultText({ org, changes, statements, attempts, durationMs }: ChangeResult): string {
  const repeated = attempts > 1 ? `, ${attempts} attempts` : '';
  return `${org}: ${counted(changes.length, 'change')} in ${counted(statements.length, 'statement')}, ${durationMs} ms${repeated}`;
}

import type { Plan } from '../..';
import { addDatabaseOptions, withDatabase, type DatabaseOptions } from '../database';
import { writeDocument } from '../document';
import { EXIT, type ExitCode } from '../exit-codes';
import { readChanges, refuseFaultyChanges } from '../files/changes-file';
import { stateOf, writePlan } from '../files/plan-file';
import { collected } from '../change-options';
import { UsageError } from '../failures';
import { library } from '../library';
import { addOrgOptions, areNamed, orgsOf, refuseNoOrgs, type OrgOptions } from '../orgs';
import { planText } from '../plan-text';
import { listed, quoted } from '../text';
import { print, printRaw, type World } from '../world';
import type { AddCommand } from './command';

interface PlanOptions extends DatabaseOptions, OrgOptions {
  readonly out?: string;
  readonly sharedSchema?: readonly string[];
  readonly json?: boolean;
}

export const addPlan: AddCommand = (program, world, runner) => {
  const command = program
    .command('plan')
    .summary('show what changes would run')
    .description(
      'Shows the SQL of changes, what it locks, and what it can do harm to. Changes nothing, and needs no database ' +
        'where the tenants are given by --org.',
    )
    .argument('<changes>', 'a JSON file with a list of changes; - is standard input');
  addDatabaseOptions(addOrgOptions(command))
    .option('--out <file>', 'write a plan that apply takes, and refuses where the tables have changed in between')
    .option('--shared-schema <schema>', 'a schema that may be referred to; default public; may be repeated', collected)
    .option('--json', 'write JSON to standard output')
    .action((file: string, options: PlanOptions) => runner('plan', () => plan(file, options, world)));
};

async function plan(name: string, options: PlanOptions, world: World): Promise<ExitCode> {
  refuseNoOrgs(options);
  const file = await readChanges(name, world);
  if (file.tenants !== undefined) throw new UsageError(`${name} is a plan already. Give its changes.`);
  const plansFor = (orgs: readonly string[]): readonly Plan[] => {
    const [first = ''] = orgs;
    refuseFaultyChanges(file, first, options.sharedSchema);
    return orgs.map((org) => library().planChanges(org, file.changes, { sharedSchemas: options.sharedSchema }));
  };
  if (areNamed(options) && options.out === undefined) {
    show(plansFor([...new Set(options.org)]), options, world);
    return EXIT.done;
  }
  await withDatabase(options, world, async (db) => {
    const plans = plansFor(await orgsOf(options, db));
    const [first] = plans;
    if (options.out !== undefined && first !== undefined) {
      const tenants = [];
      for (const each of plans) tenants.push({ org: each.org, state: await stateOf(each, db) });
      await writePlan(options.out, world.cwd, { changes: file.changes, tenants, plan: first });
    }
    show(plans, options, world);
  });
  return EXIT.done;
}

/** The plans differ by the name of the org alone. */
function show(plans: readonly Plan[], { json, out }: PlanOptions, world: World): void {
  if (json === true) return writeDocument(world, 'plan', { plans });
  const [first, ...others] = plans;
  if (first === undefined) return;
  printRaw(world.stdout, planText(first, world.stdout, world.env));
  if (others.length > 0) print(world.stdout, `\nThe same for ${listed(others.map(({ org }) => org))}.`);
  if (out !== undefined) print(world.stderr, `Written to ${out}. Run it with: tenant-ddl apply ${quoted(out)}`);
}

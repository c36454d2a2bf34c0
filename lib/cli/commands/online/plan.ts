import type { OnlinePlan } from '../../..';
import { collected } from '../../change-options';
import { writeDocument } from '../../document';
import { EXIT, type ExitCode } from '../../exit-codes';
import { readChanges, refuseFaultyChanges } from '../../files/changes-file';
import { library } from '../../library';
import { stepText } from '../../plan-text';
import { counted, wrapped } from '../../text';
import { inColor, painter, printRaw, widthOf, type World } from '../../world';
import type { AddCommand } from '../command';

interface OnlinePlanOptions {
  readonly org: string;
  readonly sharedSchema?: readonly string[];
  readonly json?: boolean;
}

export const addOnlinePlan: AddCommand = (online, world, runner) => {
  online
    .command('plan')
    .description('Shows the stages of changes, with their SQL and locks. Changes nothing, and needs no database.')
    .argument('<changes>', 'a JSON file with a list of changes; - is standard input')
    .requiredOption('--org <org>', 'the tenant')
    .option('--shared-schema <schema>', 'a schema that may be referred to; default public; may be repeated', collected)
    .option('--json', 'write JSON to standard output')
    .action((file: string, options: OnlinePlanOptions) => runner('online plan', () => plan(file, options, world)));
};

async function plan(name: string, { org, sharedSchema, json }: OnlinePlanOptions, world: World): Promise<ExitCode> {
  const file = await readChanges(name, world);
  refuseFaultyChanges(file, org, sharedSchema);
  const plans = file.changes.map((change) => library().planOnline(org, change, { sharedSchemas: sharedSchema }));
  if (json === true) writeDocument(world, 'online plan', { plans });
  else printRaw(world.stdout, plans.map((each) => textOf(each, world)).join('\n\n'));
  return EXIT.done;
}

function textOf({ org, table, stages }: OnlinePlan, { stdout, env }: World): string {
  const paint = painter(inColor(stdout, env));
  const width = widthOf(stdout);
  const parts = stages.map(({ name, transactional, steps, canAbandon }, index) => {
    const notes = [
      transactional ? 'one transaction' : 'no transaction',
      ...(canAbandon ? [] : ['cannot be abandoned']),
    ];
    const title = `stage ${index + 1}  ${name} (${notes.join(', ')})`;
    return [wrapped(title, width, '  '), ...steps.map((step, at) => stepText(step, at, width, paint))].join('\n');
  });
  const title = `${org}.${table}: ${counted(stages.length, 'stage')}`;
  return [paint('bold', wrapped(title, width, '  ')), ...parts].join('\n\n');
}

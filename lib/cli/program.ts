import { Command } from 'commander';
import { addApply } from './commands/apply';
import { addDrift } from './commands/drift';
import { addInspect } from './commands/inspect';
import { addOnline } from './commands/online';
import { addPlan } from './commands/plan';
import { addRollout } from './commands/rollout';
import type { AddCommand, Runner } from './commands/command';
import { version } from './version';
import type { World } from './world';

/** Every command, in the order of the help. A new one is its file and a word here. */
const COMMANDS: readonly AddCommand[] = [addInspect, addDrift, addPlan, addApply, addRollout, addOnline];

const HELP = `
Connects by DATABASE_URL or a knexfile. Data goes to standard output, everything
else to standard error.

Exit codes:
  0    done, or nothing to do
  1    an error, or a report that is not complete
  2    differences, or tenants that are pending
  3    a rollout with tenants that failed
  64   the command line is wrong
  130  interrupted`;

/** The command line as commander has it; each command is handed to the runner. */
export function programFor(world: World, runner: Runner): Command {
  const program = new Command('tenant-ddl')
    .description('Change the tables of tenants in PostgreSQL, each of which has its own schema.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
      getOutHelpWidth: () => (world.stdout.isTTY === true ? (world.stdout.columns ?? 80) : 80),
      getErrHelpWidth: () => (world.stderr.isTTY === true ? (world.stderr.columns ?? 80) : 80),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError()
    .addHelpText('after', HELP);
  for (const add of COMMANDS) add(program, world, runner);
  return program;
}

import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-codes';
import { exitCodeOf, failureOf } from './failures';
import { writeDocument } from './document';
import { programFor } from './program';
import { print, type World } from './world';

/** Runs one command line, and gives what the process should end with. */
export async function run(argv: readonly string[], world: World): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  let command = '';
  const program = programFor(world, async (name, work) => {
    command = name;
    code = await work();
  });
  try {
    const run = program.parseAsync(argv, { from: 'user' });
    await (world.broken === undefined ? run : Promise.race([run, world.broken]));
    return code;
  } catch (error) {
    // commander has said it itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return reported(error, command, argv, world);
  }
}

function reported(error: unknown, command: string, argv: readonly string[], world: World): ExitCode {
  const code = exitCodeOf(error, world.signal);
  if (code === EXIT.interrupted) {
    print(world.stderr, 'Interrupted.');
    return code;
  }
  const failure = failureOf(error, command, world.env);
  print(world.stderr, failure.message);
  if (argv.includes('--json')) writeDocument(world, command, { error: failure });
  return code;
}

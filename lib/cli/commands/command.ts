import type { Command } from 'commander';
import type { ExitCode } from '../exit-codes';
import type { World } from '../world';

/** Runs what a command does, under the name that its `--json` has. */
export type Runner = (name: string, work: () => Promise<ExitCode>) => Promise<void>;

/** Adds a command to the program. */
export type AddCommand = (program: Command, world: World, runner: Runner) => void;

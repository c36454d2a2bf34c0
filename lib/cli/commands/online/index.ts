import type { AddCommand } from '../command';
import { addOnlineAbandon } from './abandon';
import { addOnlineApply } from './apply';
import { addOnlinePlan } from './plan';
import { addOnlineStatus } from './status';

/** `online` with its own commands. */
export const addOnline: AddCommand = (program, world, runner) => {
  const online = program
    .command('online')
    .summary('make a change on a table that others keep using')
    .description(
      'Makes a change in stages that block nobody for long. It outlives a crash: the same command goes on with it, ' +
        'and abandon takes it back.',
    );
  for (const add of [addOnlinePlan, addOnlineApply, addOnlineStatus, addOnlineAbandon]) add(online, world, runner);
};

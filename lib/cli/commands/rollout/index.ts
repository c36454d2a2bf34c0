import type { AddCommand } from '../command';
import { addRetry, addStart } from './start';
import { addPause, addResume } from './states';
import { addStatus } from './status';

/** `rollout` with its own commands. */
export const addRollout: AddCommand = (program, world, runner) => {
  const rollout = program
    .command('rollout')
    .summary('make changes in many tenants, in each exactly once')
    .description(
      'Makes changes in many tenants, in each exactly once, whatever dies on the way. A ledger in the schema ' +
        'tenant_ddl of the database says how far it has come.',
    );
  for (const add of [addStart, addStatus, addPause, addResume, addRetry]) add(rollout, world, runner);
};

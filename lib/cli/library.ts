import type * as Library from '..';

/** The library, and knex with it, loaded by the first command that needs them: `--help` does not. */
export function library(): typeof Library {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for --help, too
  return require('..') as typeof Library;
}

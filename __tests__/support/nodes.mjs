// npm run test:node [-- --short]
// Runs the tests on the versions of Node that we support beside the one at hand; the npm package `node` brings them.
// `--short`: the unit tests on the newest, and a look at the oldest.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, run } from './run.mjs';

const { values } = parseArgs({ options: { short: { type: 'boolean' } } });

const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const unit = [jest, '--selectProjects', 'unit'];
const postgres = [jest, 'round-trips', 'tenant.test', 'faults/commit', 'operations/', '--selectProjects', 'postgres'];
/** jest 30 wants a later Node 20; what we publish does not. */
const look = [join(import.meta.dirname, 'oldest-node.cjs')];

const work = values.short
  ? { '20.0.0': [look], 24: [unit] }
  : { '20.0.0': [look], 20: [unit, postgres], 22: [unit, postgres], 24: [unit, postgres] };

// The first look needs what we publish.
if (!run('npm', ['run', '-s', 'build'])) process.exit(1);
const failed = Object.entries(work).flatMap(([version, runs]) => {
  console.log(`\n== Node ${version}`);
  return runs.every((args) => run('npx', ['-y', '-p', `node@${version}`, 'node', ...args])) ? [] : [version];
});
console.log(
  failed.length > 0 ? `\nNode ${failed.join(', ')}: FAILED` : `\nNode ${Object.keys(work).join(', ')}: passed`,
);
process.exitCode = failed.length > 0 ? 1 : 0;

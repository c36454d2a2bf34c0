// npm run test:pg-boss-12
// Runs the tests of the queue with pg-boss 12, which needs Node 22. Both come from npm, pg-boss into a folder that is
// removed afterwards.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tenant-ddl-pg-boss-'));
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
try {
  const isThere = run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', 'pg-boss@12']);
  if (!isThere) console.log('Skipped: pg-boss 12 could not be installed.');
  const env = { PG_BOSS: join(folder, 'node_modules', 'pg-boss') };
  const tests = [jest, 'rollout/queue', '--selectProjects', 'postgres'];
  if (isThere && !run('npx', ['-y', '-p', 'node@22', 'node', ...tests], env)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

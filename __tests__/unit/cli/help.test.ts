// The help loads no driver: it is there in an instant.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli } from '../../support/cli';
import { transpiled } from '../../support/transpiled';

const LIMIT_MS = 300;

const folder = mkdtempSync(join(tmpdir(), 'cli-help-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Only the command line, as it is published, with none of the library beside it. */
let main = '';
beforeAll(() => {
  main = transpiled(folder, 'cli', ['commander', 'jsonc-parser']);
});

it.each([['--help'], ['--version'], ['help apply'], ['rollout start --help']])(
  '%s needs neither the library nor a driver, and takes 300 ms at most',
  (line) => {
    // The processor's time, which other processes do not make longer: on a machine at rest it is the whole time.
    const clock = join(folder, 'clock.cjs');
    writeFileSync(clock, `process.on('exit', () => console.error(JSON.stringify(process.cpuUsage())));`);
    const times = Array.from({ length: 3 }, () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', clock, main, ...line.split(' ')]);
      expect(status).toBe(0);
      expect(stdout.toString()).toMatch(/^Usage: tenant-ddl|^\d/);
      const { user, system } = JSON.parse(stderr.toString()) as NodeJS.CpuUsage;
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(LIMIT_MS);
  },
);

it('fits 80 columns, and describes every command', async () => {
  for (const args of [['--help'], ['inspect', '--help'], ['apply', '--help'], ['rollout', 'start', '--help']]) {
    const { code, stdout } = await cli(args, { columns: 80 });
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

// The command line as a process: pipes, signals, no terminal.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../../support/markdown';
import { inLedger, STATUS, withStatus, withTenants } from '../../support/rollout';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'cli-process-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'status.json'), JSON.stringify(STATUS));

const LOADER = pathToFileURL(createRequire(__filename).resolve('tsx')).href;
const COMMAND = ['--import', LOADER, join(root, 'lib', 'cli', 'main.ts')];

function environment(url: string): NodeJS.ProcessEnv {
  return { ...process.env, DATABASE_URL: url, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined };
}

interface Running {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  /** Resolves when standard error matches. */
  readonly says: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

function start(args: readonly string[], url: string): Running {
  const child = spawn(process.execPath, [...COMMAND, ...args], {
    cwd: folder,
    env: environment(url),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const ended = new Promise<Awaited<Running['ended']>>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  const says = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(stderr)) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`It ended: ${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return { child, stderr: () => stderr, says, ended };
}

async function shell(script: string, url: string): Promise<{ stdout: string; stderr: string }> {
  const command = [process.execPath, ...COMMAND].map((word) => `'${word}'`).join(' ');
  const quoted = `set -o pipefail\n${script.replace('tenant-ddl', command)}`;
  return promisify(execFile)('bash', ['-c', quoted], { cwd: folder, env: environment(url) });
}

const onPosix = process.platform === 'win32' ? it.skip : it;

onPosix('ends quietly when its reader has seen enough', async () => {
  await withTenants(300, async (_db, _orgs, url) => {
    // 300 tenants are more than a pipe holds, and pipefail has the command's own exit code.
    expect(await shell('tenant-ddl inspect --orgs-like "t-%" --json | head -c 10', url)).toEqual({
      stdout: '{"version"',
      stderr: '',
    });
    expect(await shell('tenant-ddl plan status.json --orgs-like "t-%" | head -n 1', url)).toEqual({
      stdout: 't-0: 1 change, 1 statement\n',
      stderr: '',
    });
  });
});

it('writes all of a long document into a pipe, and nothing else', async () => {
  await withTenants(300, async (_db, _orgs, url) => {
    const { code, stdout, stderr } = await start(['plan', 'status.json', '--orgs-like', 't-%', '--json'], url).ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.length).toBeGreaterThan(64 * 1024);
    expect((JSON.parse(stdout) as { plans: unknown[] }).plans).toHaveLength(300);
  });
});

it('writes progress as lines, without colours, where there is no terminal', async () => {
  await withTenants(30, async (db, _orgs, url) => {
    const args = ['rollout', 'start', 'status.json', '--name', 'r', '--orgs-like', 't-%'];
    const { code, stdout, stderr } = await start(args, url).ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rollout "r" is finished\n {2}targets {2}30\n {2}done +30\n$/);
    expect(stderr).toMatch(/^r: 30 of 30, finished\n$/m);
    expect(stdout + stderr).not.toMatch(/[\u001b\r]/);
    expect(await withStatus(db)).toHaveLength(30);
  });
});

describe('^C', () => {
  const rollout = ['rollout', 'start', 'status.json', '--name', 'r', '--orgs-like', 't-%', '--canary', '0'];

  it('once stops after the tenants in hand, and the rollout goes on when it is started again', async () => {
    await withTenants(60, async (db, _orgs, url) => {
      const running = start([...rollout, '--max-per-second', '10', '--waves', '60'], url);
      await running.says(/\d+ of 60/);
      running.child.kill('SIGINT');
      const { code, stdout, stderr } = await running.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('Stopping after what is in hand.');
      expect(stdout).toMatch(/pending/);
      const done = await inLedger(db, 'done');
      expect(done.length).toBeLessThan(60);
      expect([...done].sort()).toEqual(await withStatus(db));

      expect((await start(rollout, url).ended).code).toBe(0);
      expect(await inLedger(db, 'done')).toHaveLength(60);
    });
  });

  onPosix('twice ends at once, in the middle of a tenant, which is left as it was', async () => {
    await withTenants(1, async (db, _orgs, url) => {
      const blocker = await db.transaction();
      try {
        await blocker.raw('select 1 from "t-0".invoice');
        const running = start(['apply', 'status.json', '--org', 't-0', '--lock-timeout', '20000'], url);
        await waitsForLock(db);
        running.child.kill('SIGINT');
        await running.says(/Once more ends it at once/);
        const at = performance.now();
        running.child.kill('SIGINT');
        expect((await running.ended).signal).toBe('SIGINT');
        expect(performance.now() - at).toBeLessThan(5000);
      } finally {
        await blocker.rollback();
      }
      expect(await withStatus(db)).toEqual([]);
    });
  });

  async function waitsForLock(db: Parameters<typeof withStatus>[0]): Promise<void> {
    for (;;) {
      const { rows } = await db.raw(
        `select from pg_stat_activity a
        where a.datname = current_database() and exists (select from pg_locks l where l.pid = a.pid and not l.granted)`,
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

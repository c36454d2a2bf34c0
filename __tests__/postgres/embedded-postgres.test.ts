import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect as openSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../support/embedded-postgres';
import { connect } from '../support/postgres';

// Not the temporary folder itself, where other servers come and go.
const folder = mkdtempSync(join(tmpdir(), 'embedded-postgres-test-'));
const previous = process.env.TMPDIR;

beforeAll(() => {
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
});

afterAll(() => {
  if (previous === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = previous;
  rmSync(folder, { recursive: true });
});

afterEach(() => expect(readdirSync(folder)).toEqual([]));

it('keeps what was committed, and the port, through a crash', async () => {
  const server = await startPostgres({ settings: { max_connections: '7' } });
  try {
    const before = connect({ connection: { connectionString: server.url } });
    await before.raw('create table kept (id int)');
    await before.destroy();
    await server.crash();
    await expect(isListening(server.port)).resolves.toBe(false);
    await server.start();
    const after = connect({ connection: { connectionString: server.url } });
    const { rows } = await after.raw(
      `select (select count(*)::int from kept) as count, current_setting('max_connections') as max`,
    );
    expect(rows).toEqual([{ count: 0, max: '7' }]);
    await after.destroy();
  } finally {
    await server.stop();
  }
  await expect(isListening(server.port)).resolves.toBe(false);
});

it('rejects with the log of a server that does not start', async () => {
  await expect(startPostgres({ settings: { no_such_setting: '1' } })).rejects.toThrow(/no_such_setting/);
});

it('is stopped when its parent is killed, also in the middle of the set-up', async () => {
  for (const whenMs of [0, 200, undefined]) {
    const module = join(__dirname, '..', 'support', 'embedded-postgres.ts');
    const script = `console.log('loaded'); require(${JSON.stringify(module)}).startPostgres().then((server) => {
      console.log(server.port); setInterval(() => {}, 1000); })`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [loaded] = await once(parent.stdout, 'data');
    expect(String(loaded)).toBe('loaded\n');
    const port = whenMs === undefined ? Number(String((await once(parent.stdout, 'data'))[0])) : undefined;
    if (whenMs !== undefined) await sleep(whenMs);
    const gone = once(parent, 'exit');
    parent.kill('SIGKILL');
    await gone;
    // At least a moment, in which a supervisor that lives on would make its folder.
    for (let i = 0; i < 200 && (i < 25 || readdirSync(folder).length > 0); i += 1) await sleep(20);
    expect(readdirSync(folder)).toEqual([]);
    if (port !== undefined) await expect(isListening(port)).resolves.toBe(false);
  }
});

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openSocket(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

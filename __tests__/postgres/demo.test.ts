import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { prepareLedger, type ModelSpec } from '../../lib';
import { root } from '../support/markdown';
import { inOwnDatabase } from '../support/own-database';

jest.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  /** Null where npm died of the signal that it was sent, which a shell calls 130. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm run demo` as a reader would; `onOutput` sees each piece of its output and may signal it. */
async function demo(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  onOutput: (text: string, interrupt: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn('npm', ['run', 'demo', '--silent', '--', ...args], {
    cwd: root,
    // A group of its own, since Ctrl-C goes to all of a terminal's.
    detached: true,
    env: { ...process.env, INIT_CWD: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
    onOutput(stdout, () => process.kill(-(child.pid as number), 'SIGINT'));
  });
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, stdout, stderr };
}

async function schemasOf(db: Knex): Promise<string[]> {
  const { rows } = await db.raw(`select nspname as name from pg_namespace where nspname !~ '^pg_' order by nspname`);
  return (rows as { name: string }[]).map(({ name }) => name);
}

const NOTHING_LEFT = ['information_schema', 'public'];

it('tells its story without colours where there is no terminal, and leaves no schema behind', async () => {
  await inOwnDatabase(async (url, db) => {
    const { exitCode, stdout, stderr } = await demo([], { DATABASE_URL: url, CI: 'true' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain(`alter table "acme-corp"."invoice" add column "status" varchar(100) default 'draft';`);
    expect(stdout).toContain('alter table "acme-corp"."invoice" drop column "old_field";');
    expect(logged(stdout)).toEqual(['CREATE TABLE', 'ADD COLUMN', 'DROP COLUMN']);
    expect(cells(stdout, 'createModel customer')).toEqual(['no table', 'no row, no table', 'row, table']);
    expect(cells(stdout, 'addFieldToModel email')).toEqual(['no column', 'no row, no column', 'row, column']);
    expect(cells(stdout, 'dropFieldFromModel fax')).toEqual(['column', 'no row, column', 'row, no column']);
    expect(cells(stdout, 'status')).toEqual(['character varying(100)', 'yes', `'draft'::character varying`, '']);
    expect(stdout).toMatch(/█ {2}200\/200\n[^]* {2}200 tenants: 200 done/);
    expect(stdout).toContain('1 tenant: invoice.status is missing (demo-003)\n199 of 200 tenants are as desired.');
    expect(stdout).toContain('200 of 200 tenants are as desired.');
    expect(stdout).toMatch(/a client made \d+ inserts; the slowest took \d+ ms/);
    // Each says how it is done on one's own database.
    const commands = stdout.match(/^ {2}npx tenant-ddl (rollout start|drift|online apply) /gm);
    expect(commands).toHaveLength(3);
    expect(await schemasOf(db)).toEqual(NOTHING_LEFT);
  });
});

it('leaves a ledger as it was', async () => {
  await inOwnDatabase(async (url, db) => {
    await prepareLedger(db);
    const { exitCode } = await demo([], { DATABASE_URL: url });
    expect(exitCode).toBe(0);
    expect(await db('rollout').withSchema('tenant_ddl')).toEqual([]);
    expect(await db('rollout_tenant').withSchema('tenant_ddl')).toEqual([]);
  });
});

it('starts a server of its own where no DATABASE_URL is set', async () => {
  const { exitCode, stdout, stderr } = await demo([], { DATABASE_URL: undefined });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('started for this demo, and gone with it');
});

it('creates every model of a file, in any order and in circles', async () => {
  await inOwnDatabase(async (url, db) => {
    const { exitCode, stdout, stderr } = await demo(['examples/models/crm.json'], { DATABASE_URL: url });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const crm = JSON.parse(readFileSync(join(root, 'examples/models/crm.json'), 'utf8')) as ModelSpec[];
    for (const model of crm) {
      const references = model.fields.filter(({ references }) => references !== undefined).length;
      expect(cells(stdout, model.table).slice(0, 2)).toEqual([
        String(model.fields.length),
        String(references + (model.foreignKeys ?? []).length),
      ]);
    }
    expect(stdout).toContain(`${crm.length} tables, `);
    expect(await schemasOf(db)).toEqual(NOTHING_LEFT);
  });
});

const field = { name: 'id', type: 'Int' };
const nowhere = { schema: 'acme-corp', table: 'nowhere', column: 'id', onDelete: 'CASCADE' };

it.each([
  ['before it asks for a server', { ...field, requird: true }, 'fields[0].requird: unknown key'],
  ['when the server refuses', { ...field, references: nowhere }, '"acme-corp"."nowhere", which does not exist'],
])('exits 1 with the reason, and leaves no schema behind, for a wrong file, %s', async (_when, wrong, reason) => {
  const path = join(folder, 'wrong.json');
  writeFileSync(path, JSON.stringify([{ table: 'a', fields: [wrong] }]));
  await inOwnDatabase(async (url, db) => {
    const { exitCode, stderr } = await demo([path], { DATABASE_URL: url });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(await schemasOf(db)).toEqual(NOTHING_LEFT);
  });
});

it('leaves a schema of its name alone that was there before', async () => {
  await inOwnDatabase(async (url, db) => {
    await db.raw(
      'create schema "acme-corp"; create table "acme-corp".invoice (id int); insert into "acme-corp".invoice values (1)',
    );
    const { exitCode, stderr } = await demo([], { DATABASE_URL: url });
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'has a schema "acme-corp" already. The demo leaves it alone and stops: nothing was changed.',
    );
    expect(await db.withSchema('acme-corp').from('invoice')).toEqual([{ id: 1 }]);
  });
});

it('says so where no server answers', async () => {
  const { exitCode, stderr } = await demo([], { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^The server can not be used: .*ECONNREFUSED.*DATABASE_URL/);
});

it('drops its schema when Ctrl-C comes', async () => {
  await inOwnDatabase(async (url, db) => {
    // Its last step cannot end before we have seen its first, so that the signal comes in between.
    const blocker = await db.transaction();
    let ended: Promise<Ended> | undefined;
    try {
      await blocker.raw(`select pg_advisory_xact_lock(hashtextextended('tenant_ddl acme-corp', 0))`);
      await new Promise<void>((resolve) => {
        ended = demo([], { DATABASE_URL: url }, (text, interrupt) => {
          if (!text.includes('PostgreSQL')) return;
          interrupt();
          resolve();
        });
      });
    } finally {
      await blocker.rollback();
    }
    const { exitCode, stderr } = (await ended) as Ended;
    expect([130, null]).toContain(exitCode);
    expect(stderr).toContain('Interrupted. Nothing is left behind.');
    expect(await schemasOf(db)).toEqual(NOTHING_LEFT);
  });
});

/** The messages of the log lines, in their order. */
function logged(stdout: string): string[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => (JSON.parse(line) as { message: string }).message);
}

/** What stands in the row of a table beside this first cell. */
function cells(stdout: string, first: string): string[] {
  const row = stdout.split('\n').find((line) => line.startsWith(`│ ${first} `)) ?? '';
  return row
    .split('│')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

// Every command with every exit code that it has, on a server.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { EXIT } from '../../../lib/cli/exit-codes';
import { programFor } from '../../../lib/cli/program';
import { cli, documentIn, type Ended, type Given } from '../../support/cli';
import { STATUS, withStatus, withTenants } from '../../support/rollout';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'cli-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return name;
}

file('status.json', STATUS);
file('drop.json', [{ kind: 'dropModel', table: 'invoice' }]);
file('unique.json', [{ kind: 'addIndex', table: 'invoice', columns: ['id', 'missing'] }]);
file('secret.json', [
  { kind: 'addField', table: 'invoice', field: { name: 'a', type: 'Int', default: 'hunter2-value' } },
]);
file(
  'faulty.json',
  '[\n  { "kind": "addField", "table": "invoice",\n    "field": {\n      "name": "a", "typ": "Int" } }]',
);
file('broken.json', '[\n  { "kind": "dropModel", "table": hunter2-value }\n]');
file('models.json', [{ table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }]);
file('faulty-models.json', [{ table: 'invoice', fields: [{ typ: 'Int', name: 'id' }] }]);
file('by-id.json', [{ kind: 'addIndex', table: 'invoice', columns: ['id'] }]);
file('empty.json', []);
file('number.json', '7');

interface Case {
  readonly args: string;
  readonly code: number;
  /** What has to be in one of the outputs. */
  readonly stdout?: RegExp;
  readonly stderr?: RegExp;
  readonly given?: Given;
  readonly before?: string;
  /** Commands that run then, whatever they end with. */
  readonly first?: readonly string[];
  /** Whether an online change was cut short before. */
  readonly isCut?: boolean;
  /** The tenants that have the column afterwards. */
  readonly changed?: readonly string[];
}

const START = 'rollout start status.json --name r --orgs-like t-%';
/** Begun, and interrupted before the first tenant. */
const PENDING = `${START} --interrupted`;
const TAKEN = 'alter table "t-1".invoice add status int';

const CASES: readonly Case[] = [
  { args: 'inspect --org t-0', code: 0, stdout: /^t-0: 1 table\n {2}invoice\n {4}id {2}Int {2}primary key\n$/ },
  { args: 'inspect invoice --org t-0 --org t-1', code: 0, stdout: /^t-0: 1 table\n[^]*\nt-1: 1 table\n/ },
  { args: 'inspect --orgs-like t-%', code: 0, stdout: /^t-0: [^]*\nt-1: [^]*\nt-2: / },
  { args: 'inspect --org nobody', code: 1, stderr: /no schema "nobody"/ },
  { args: 'inspect missing --org t-0', code: 1, stderr: /no table "missing"/ },
  { args: 'inspect --orgs-like x%', code: 1, stderr: /^No schema is like "x%"\.\n$/ },
  {
    args: 'inspect --org t-0',
    code: 1,
    stderr: /^The connection to PostgreSQL [^\n]*ECONNREFUSED 127\.0\.0\.1:1[^\n]*\n$/,
    given: { url: 'postgres://me:hunter2-value@127.0.0.1:1/nowhere' },
  },
  {
    args: 'inspect --orgs-like t-%',
    code: 1,
    stderr: /^The connection [^\n]*ECONNREFUSED 127\.0\.0\.1:1\)\. Nothing was changed\. Run the command again\.\n$/,
    given: { url: 'postgres://me:hunter2-value@127.0.0.1:1/nowhere' },
  },
  { args: 'inspect --org t-0', code: 130, stderr: /^Interrupted\.\n$/, given: { signal: AbortSignal.abort() } },
  { args: 'inspect', code: 64, stderr: /^No tenant: give --org/ },
  { args: 'inspect --org t-0 --colour', code: 64, stderr: /unknown option '--colour'/ },
  {
    args: 'inspect --org t-0',
    code: 64,
    stderr: /^No database: set DATABASE_URL/,
    given: { env: { DATABASE_URL: '' } },
  },

  { args: 'drift models.json', code: 0, stdout: /^3 of 3 tenants are as desired\.\n$/ },
  { args: 'drift models.json --org t-0', code: 0, stdout: /^1 of 1 tenant is as desired\.\n$/ },
  {
    args: 'drift models.json',
    before: `alter table "t-1".invoice add note text default 'hunter2-value'; create table "t-2".other ()`,
    code: 2,
    stdout: /^1 tenant: invoice\.note is not a field of the model \(t-1\)\n1 tenant: other is not among/,
  },
  { args: 'drift models.json --org t-0 --org nobody', code: 1, stdout: /1 tenant without a schema: nobody/ },
  { args: 'drift faulty-models.json', code: 1, stderr: /^faulty-models\.json:6: \[0\]\.fields\[0\]\.typ: unknown key/ },
  { args: 'drift number.json', code: 1, stderr: /^number\.json must be a list of models/ },
  {
    args: 'drift models.json --orgs-like t-% --out x.json',
    code: 64,
    stderr: /^--out writes the changes for one tenant/,
  },
  { args: 'drift models.json', code: 130, stderr: /^Interrupted\.\n$/, given: { signal: AbortSignal.abort() } },

  { args: 'plan status.json --org t-0', code: 0, stdout: /alter table "t-0"\."invoice" add column "status"/ },
  { args: 'plan status.json --orgs-like %', code: 0, stdout: /\nThe same for t-1, t-2\.\n$/ },
  { args: 'plan - --org t-0', code: 0, stdout: /drop table/, given: { stdin: '{"kind":"dropModel","table":"a"}' } },
  {
    args: 'plan faulty.json --org t-0',
    code: 1,
    stderr:
      /^faulty\.json:4: \[0\]\.field\.typ: unknown key; did you mean "type"\?\nfaulty\.json:3: \[0\]\.field\.type: is missing\n$/,
  },
  { args: 'plan secret.json --org t-0', code: 1, stderr: /^secret\.json:8: \[0\]\.field\.default: / },
  { args: 'plan broken.json --org t-0', code: 1, stderr: /^broken\.json:2:35: this is not JSON: invalid symbol\.\n$/ },
  { args: 'plan empty.json --org t-0', code: 1, stderr: /^empty\.json has no changes\.\n$/ },
  { args: 'plan number.json --org t-0', code: 1, stderr: /^number\.json must be a list of changes/ },
  { args: 'plan nothing.json --org t-0', code: 1, stderr: /^There is no file nothing\.json\.\n$/ },
  { args: 'plan --org t-0', code: 64, stderr: /missing required argument/ },
  {
    args: 'plan status.json --org t-0 --shared-schema pg_x',
    code: 64,
    stderr: /^--shared-schema: is a schema of Post/,
  },
  {
    args: 'plan status.json --org t-0 --shared-schema t-0',
    code: 1,
    stderr: /^The org "t-0" is one of the schemas of --shared-sch/,
  },

  { args: 'apply status.json --org t-1', code: 0, stdout: /^t-1: 1 change in 1 statement/, changed: ['t-1'] },
  {
    args: 'apply status.json --orgs-like t-%',
    code: 0,
    stdout: /^t-0: .*\nt-1: .*\nt-2: /,
    changed: ['t-0', 't-1', 't-2'],
  },
  {
    args: 'apply status.json --orgs-like t-%',
    before: `alter table "t-1".invoice add status int`,
    code: 1,
    stdout: /^t-0: [^\n]*\n$/,
    stderr:
      /^.*"status".*\nNot run for 1 tenant, from "t-2" on\.\nChanged in 1 tenant before that: leave them out when you run the command again\.\n$/,
    changed: ['t-0', 't-1'],
  },
  { args: 'apply drop.json --org t-0', code: 64, stderr: /^This deletes, in 1 tenant:\n.*confirm with --yes/s },
  { args: 'apply drop.json --org t-0 --yes', code: 0, stdout: /^t-0: 1 change/ },
  { args: 'apply drop.json --orgs-like t-%', code: 0, stdout: /t-2: 1 change/, given: { typed: '3\n' } },
  { args: 'apply drop.json --orgs-like t-%', code: 1, stderr: /Not confirmed\. Nothing/, given: { typed: '1\n' } },
  { args: 'apply drop.json --orgs-like t-%', code: 1, stderr: /Not confirmed\. Nothing/, given: { typed: '' } },
  { args: 'apply secret.json --org t-0', code: 1, stderr: /^secret\.json:8: / },
  { args: 'apply status.json', code: 64, stderr: /^No tenant/ },
  { args: 'apply status.json --org t-0 --lock-timeout 0', code: 64, stderr: /^--lock-timeout: must be a whole number/ },
  { args: 'apply status.json --org t-0 --allow-hazard foo', code: 64, stderr: /^--allow-hazard foo: unknown key/ },
  {
    args: 'apply status.json --org none',
    code: 1,
    stderr: /^Schema "none" does not exist\. Create the schema first, or/,
  },
  {
    args: 'apply status.json --org t-0',
    code: 130,
    stderr: /^Not run for 1 tenant/,
    given: { signal: AbortSignal.abort() },
    changed: [],
  },

  {
    args: 'rollout start status.json --name r --orgs-like t-%',
    code: 0,
    stdout: /is finished\n {2}targets {2}3\n {2}done +3\n/,
    changed: ['t-0', 't-1', 't-2'],
  },
  {
    args: 'rollout start status.json --name r --orgs-like t-% --canary 0',
    before: `alter table "t-1".invoice add status int`,
    code: 3,
    stdout: /done +2\n {2}failed +1\nfailures\n {2}1 {2}FIELD_EXISTS ADD COLUMN invoice {2}in t-1\n$/,
  },
  {
    args: 'rollout start status.json --name r --org t-0',
    code: 130,
    given: { signal: AbortSignal.abort() },
    stdout: /pending +1/,
    changed: [],
  },
  {
    args: 'rollout start status.json --name r --orgs-like t-% --online',
    code: 0,
    stdout: /done +3\n/,
    changed: ['t-0', 't-1', 't-2'],
  },
  { args: 'rollout start status.json --name r --org t-0 --online some', code: 64, stderr: /whole number/ },
  { args: 'rollout start drop.json --name r --orgs-like t-%', code: 64, stderr: /in 3 tenants/ },
  { args: 'rollout start status.json --orgs-like t-%', code: 64, stderr: /required option '--name <name>'/ },
  { args: 'rollout start status.json --name r', code: 64, stderr: /^No tenant/ },
  { args: 'rollout start status.json --name r --org t-0 --waves 1,x', code: 64, stderr: /whole number/ },
  { args: 'rollout start status.json --name r --org t-0 --waves 0', code: 64, stderr: /^--waves: must be a list/ },
  { args: 'rollout start faulty.json --name r --org t-0', code: 1, stderr: /^faulty\.json:4: / },
  { args: 'rollout retry status.json --name none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout start --name none', code: 1, stderr: /the ledger has none to continue/ },
  { args: 'rollout start --name r --org t-0', code: 64, stderr: /^Tenants come with their changes/ },
  { args: 'rollout retry --name none', code: 1, stderr: /the ledger has none to continue/ },
  { args: 'rollout status none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout pause none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout resume none', code: 1, stderr: /no rollout "none"/ },
  { args: 'rollout status r', first: [START], code: 0, stdout: /^rollout "r" is finished\n/ },
  { args: 'rollout status r', first: [PENDING], code: 2, stdout: /pending +3\n/ },
  {
    args: 'rollout status r',
    before: TAKEN,
    first: [`${START} --canary 0`],
    code: 3,
    stdout: /failed +1\n/,
  },
  { args: 'rollout pause r', first: [PENDING], code: 0, stdout: /^rollout "r" is paused\n/ },
  { args: 'rollout pause', code: 64, stderr: /missing required argument 'name'/ },
  { args: 'rollout resume r', first: [PENDING, 'rollout pause r'], code: 0, stdout: /^rollout "r" is running\n/ },
  { args: 'rollout resume', code: 64, stderr: /missing required argument 'name'/ },
  { args: 'rollout retry --name r', first: [START], code: 0, stdout: /^rollout "r" is finished\n/ },
  { args: 'rollout retry --name r', before: TAKEN, first: [`${START} --canary 0`], code: 3, stdout: /failed +1\n/ },
  { args: 'rollout retry', code: 64, stderr: /required option '--name <name>'/ },
  {
    args: 'rollout retry --name r',
    before: TAKEN,
    first: [`${START} --canary 0`],
    code: 130,
    stdout: /pending +1\n/,
    given: { signal: AbortSignal.abort() },
  },
  { args: `${START} --trial 3`, before: TAKEN, code: 2, stdout: /pending +3\n/, stderr: /The trial failed\. Nothing/ },
  { args: 'rollout status', code: 64, stderr: /missing required argument 'name'/ },

  { args: 'online plan by-id.json --org t-0', code: 0, stdout: /create index concurrently/ },
  { args: 'online plan faulty.json --org t-0', code: 1, stderr: /^faulty\.json:4: / },
  { args: 'online plan by-id.json', code: 64, stderr: /required option '--org <org>'/ },
  { args: 'online apply by-id.json --org t-0', code: 0, stdout: /^t-0: .* ms\n$/ },
  { args: 'online apply by-id.json --org nobody', code: 1, stderr: /nobody/ },
  { args: 'online apply drop.json --org t-0', code: 64, stderr: /confirm with --yes/ },
  {
    args: 'online apply by-id.json --org t-0',
    code: 130,
    stderr: /^Interrupted\.\n$/,
    given: { signal: AbortSignal.abort() },
  },
  { args: 'online status --orgs-like t-%', code: 0, stdout: /^No online change is unfinished\.\n$/ },
  {
    args: 'online status --org t-0',
    code: 1,
    stderr: /ECONNREFUSED/,
    given: { url: 'postgres://127.0.0.1:1/nowhere' },
  },
  {
    args: 'online status --org t-0',
    isCut: true,
    code: 2,
    stdout: /^t-0\.invoice: stage 1 of 1, build index, begun [^,]+, not running: apply goes on with it, abandon takes/,
  },
  {
    args: 'online abandon invoice --org t-0',
    isCut: true,
    code: 0,
    stdout: /^Taken back: addIndex\.\n$/,
  },
  {
    args: 'online abandon invoice --org t-0',
    code: 1,
    stderr: /ECONNREFUSED/,
    given: { url: 'postgres://127.0.0.1:1/nowhere' },
  },
  { args: 'online status --org t-0', code: 130, stderr: /^Interrupted\.\n$/, given: { signal: AbortSignal.abort() } },
  { args: 'online status', code: 64, stderr: /^No tenant/ },
  { args: 'online abandon invoice --org t-0', code: 0, stdout: /^None was begun\.\n$/ },
  { args: 'online abandon --org t-0', code: 64, stderr: /missing required argument 'table'/ },

  { args: '--help', code: 0, stdout: /^Usage: tenant-ddl/ },
  { args: '--version', code: 0, stdout: /^\d+\.\d+\.\d+\n$/ },
  { args: '', code: 64, stderr: /^Usage: tenant-ddl/ },
  { args: 'inspct', code: 64, stderr: /unknown command 'inspct'\n\(Did you mean inspect\?\)/ },
];

it.each(CASES)(
  '$args ends with $code',
  async ({ args, code, stdout, stderr, given, before, first, isCut, changed }) => {
    await withTenants(3, async (db, _orgs, url) => {
      if (before !== undefined) await db.raw(before);
      for (const line of first ?? []) {
        const [plain = '', interrupted] = line.split(' --interrupted');
        const signal = interrupted === undefined ? undefined : AbortSignal.abort();
        await cli(plain.split(' '), { url, cwd: folder, ...(signal === undefined ? {} : { signal }) });
      }
      if (isCut === true) await cutShort(db, url);
      const words = args === '' ? [] : args.split(' ');
      const ended = await cli(words, { url, cwd: folder, ...given });
      expect({ ...ended, code: ended.code }).toEqual({ ...ended, code });
      expect(ended.stdout).toMatch(stdout ?? /^(?!.)/);
      if (stderr !== undefined) expect(ended.stderr).toMatch(stderr);
      if (changed !== undefined) expect(await withStatus(db)).toEqual(changed);
      expectNoSecret(ended, url);

      const again = `${args} --json`.trim().split(' ');
      if (code === 64 || code === 130 || !/^(inspect|drift|plan|online (plan|status)|rollout status)/.test(args))
        return;
      const asJson = await cli(again, { url, cwd: folder, ...given });
      expect(asJson.code).toBe(code);
      documentIn(asJson);
      expectNoSecret(asJson, url);
    });
  },
);

/** An online change whose session is ended while it waits: an index waits for every transaction that uses the table. */
async function cutShort(db: Knex, url: string): Promise<Ended> {
  const blocker = await db.transaction();
  try {
    await blocker.raw('insert into "t-0".invoice values (1)');
    const args = ['online', 'apply', 'by-id.json', '--org', 't-0', '--attempts', '1', '--json'];
    const applied = cli(args, { url, cwd: folder });
    for (let isCut = false; !isCut;) {
      const { rows } = await db.raw(
        `select pg_terminate_backend(a.pid) from pg_stat_activity a
        where a.datname = current_database() and exists (select from pg_locks l where l.pid = a.pid and not l.granted)`,
      );
      isCut = rows.length > 0;
    }
    return await applied;
  } finally {
    await blocker.rollback();
  }
}

/** The commands, and the exit codes that each can have. Interrupted is one that takes its time, or changes something. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  inspect: [0, 1, 64, 130],
  drift: [0, 1, 2, 64, 130],
  plan: [0, 1, 64],
  apply: [0, 1, 64, 130],
  'rollout start': [0, 1, 2, 3, 64, 130],
  'rollout status': [0, 1, 2, 3, 64],
  'rollout pause': [0, 1, 64],
  'rollout resume': [0, 1, 64],
  'rollout retry': [0, 1, 3, 64, 130],
  'online plan': [0, 1, 64],
  'online apply': [0, 1, 64, 130],
  'online status': [0, 1, 2, 64, 130],
  'online abandon': [0, 1, 64],
};

it('has every command with every exit code that it can have, and every exit code of the document', () => {
  const found = Object.keys(CODES).map((command) => {
    const codes = CASES.filter(({ args }) => `${args} `.startsWith(`${command} `)).map(({ code }) => code);
    return [command, [...new Set(codes)].sort((one, other) => one - other)];
  });
  expect(Object.fromEntries(found)).toEqual(CODES);
  expect(new Set(Object.values(CODES).flat())).toEqual(new Set(Object.values(EXIT)));

  const namesOf = ({ commands }: Command, before: readonly string[] = []): string[] =>
    commands.flatMap((command) => {
      const words = [...before, command.name()];
      return command.commands.length === 0 ? [words.join(' ')] : namesOf(command, words);
    });
  const world = { stdin: Readable.from([]), stdout: new PassThrough(), stderr: new PassThrough(), env: {}, cwd: '.' };
  const program = programFor({ ...world, signal: AbortSignal.abort() }, () => Promise.resolve());
  expect(namesOf(program).sort()).toEqual(Object.keys(CODES).sort());
});

function expectNoSecret({ stdout, stderr }: Ended, url: string): void {
  const { password } = new URL(url);
  for (const output of [stdout, stderr]) {
    expect(output).not.toContain('hunter2-value');
    if (password !== '') expect(output).not.toContain(password);
  }
}

describe('apply and rollout as JSON', () => {
  it('give what became of each tenant', async () => {
    await withTenants(3, async (db, _orgs, url) => {
      await db.raw('alter table "t-1".invoice add status int');
      const ended = await cli(['apply', 'status.json', '--orgs-like', 't-%', '--json'], { url, cwd: folder });
      expect(ended.code).toBe(1);
      const document = documentIn(ended);
      expect(document).toMatchObject({
        version: 1,
        command: 'apply',
        results: [
          { org: 't-0', attempts: 1 },
          { org: 't-1', error: { code: 'FIELD_EXISTS', table: 'invoice' } },
        ],
        notRun: ['t-2'],
      });
    });
  });

  it('say how a rollout stands, from its beginning to the retry of what failed', async () => {
    await withTenants(4, async (db, _orgs, url) => {
      const json = async (args: string): Promise<[number, unknown]> => {
        const ended = await cli([...args.split(' '), '--json'], { url, cwd: folder });
        return [ended.code, documentIn(ended).rollout];
      };
      await db.raw('alter table "t-1".invoice add status int');
      const start = 'rollout start status.json --name r --orgs-like t-% --canary 0';
      expect(await json(start)).toEqual([
        3,
        expect.objectContaining({ targets: 4, done: 3, failed: 1, ended: 'finished' }),
      ]);
      expect(await json('rollout status r')).toEqual([3, expect.objectContaining({ state: 'finished', failed: 1 })]);
      await db.raw('alter table "t-1".invoice drop status');
      expect(await json('rollout retry --name r')).toEqual([
        0,
        expect.objectContaining({ done: 4, failed: 0, ended: 'finished' }),
      ]);
      expect(await json('rollout status r')).toEqual([0, expect.objectContaining({ state: 'finished', done: 4 })]);
    });
  });

  it('pause and resume a rollout that has tenants left', async () => {
    await withTenants(3, async (db, _orgs, url) => {
      const run = (args: string, given: Given = {}): Promise<Ended> =>
        cli([...args.split(' '), '--json'], { url, cwd: folder, ...given });
      const start = 'rollout start status.json --name r --orgs-like t-%';
      expect((await run(start, { signal: AbortSignal.abort() })).code).toBe(130);
      const status = await run('rollout status r');
      expect([status.code, documentIn(status).rollout]).toEqual([2, expect.objectContaining({ pending: 3 })]);
      expect(documentIn(await run('rollout pause r')).rollout).toMatchObject({ state: 'paused' });
      const resumed = await run('rollout resume r');
      expect(documentIn(resumed).rollout).toMatchObject({ state: 'running' });
      expect(resumed.stderr).toMatch(/tenant-ddl rollout start --name r\n$/);
      expect((await run('rollout start --name r')).code).toBe(0);
      expect(await withStatus(db)).toEqual(['t-0', 't-1', 't-2']);
    });
  });
});

it('finds a drift, writes what mends it, and finds none when that was applied', async () => {
  await withTenants(3, async (db, _orgs, url) => {
    const run = (args: string): Promise<Ended> => cli(args.split(' '), { url, cwd: folder });
    file('desired.json', (await run('inspect --org t-0 --json')).stdout);
    await db.raw('alter table "t-1".invoice add note text; create index by_note on "t-1".invoice (note)');
    expect(await run('drift desired.json')).toMatchObject({ code: 2 });
    const found = await run('drift desired.json --org t-1 --json');
    expect(documentIn(found)).toMatchObject({
      complete: true,
      groups: expect.arrayContaining([
        expect.objectContaining({
          kind: 'extraField',
          column: 'note',
          remedy: 'destructive',
          tenants: 1,
          examples: ['t-1'],
        }),
      ]),
      drifted: [{ org: 't-1' }],
    });

    const careful = await run('drift desired.json --org t-1 --out mend.json');
    expect(careful.stderr).toMatch(/left out, see the report\./);
    expect((await run('drift desired.json --org t-1 --out mend.json --destructive')).stderr).toBe(
      '1 change written to mend.json.\nMake them with: tenant-ddl apply mend.json --org t-1\n',
    );
    expect((await run('apply mend.json --org t-1')).code).toBe(64);
    expect((await run('apply mend.json --org t-1 --yes')).code).toBe(0);
    expect(await run('drift desired.json')).toMatchObject({ code: 0, stdout: '3 of 3 tenants are as desired.\n' });
  });
});

it('goes on with an online change that was cut short, or takes it back', async () => {
  await withTenants(1, async (db, _orgs, url) => {
    const run = (args: string, given: Given = {}): Promise<Ended> =>
      cli([...args.split(' '), '--json'], { url, cwd: folder, ...given });
    expect(documentIn(await cutShort(db, url))).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    const status = await run('online status --org t-0');
    expect([status.code, documentIn(status).unfinished]).toEqual([
      2,
      [expect.objectContaining({ org: 't-0', table: 'invoice', running: false })],
    ]);
    expect(documentIn(await run('online abandon invoice --org t-0'))).toMatchObject({
      abandoned: { change: { kind: 'addIndex' } },
    });
    expect((await run('online status --org t-0')).code).toBe(0);
    expect(documentIn(await cutShort(db, url))).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    const applied = await run('online apply by-id.json --org t-0');
    expect([applied.code, documentIn(applied).results]).toEqual([0, [expect.objectContaining({ resumed: true })]]);
  });
});

describe('a plan file', () => {
  async function planned(run: (db: Knex, apply: () => Promise<Ended>) => Promise<void>): Promise<void> {
    await withTenants(2, async (db, _orgs, url) => {
      const args = ['plan', 'status.json', '--orgs-like', 't-%', '--out', 'plan.json'];
      expect((await cli(args, { url, cwd: folder })).code).toBe(0);
      await run(db, () => cli(['apply', 'plan.json'], { url, cwd: folder }));
    });
  }

  it('runs for the tenants that it was made for', async () => {
    await planned(async (db, apply) => {
      expect((await apply()).code).toBe(0);
      expect(await withStatus(db)).toEqual(['t-0', 't-1']);
    });
  });

  it.each([
    'alter table "t-1".invoice add note text',
    'alter table "t-1".invoice alter id type bigint',
    'create index on "t-1".invoice (id) where id > 7',
    'drop table "t-1".invoice',
  ])('is refused in a tenant after: %s', async (moved) => {
    await planned(async (db, apply) => {
      await db.raw(moved);
      const { code, stdout, stderr } = await apply();
      expect(code).toBe(1);
      expect(stdout).toMatch(/^t-0: /);
      expect(stderr).toContain('The tables of "t-1" are not those that plan.json was made on');
      expect(await withStatus(db)).toEqual(['t-0']);
    });
  });

  it('does not mind what happens to other tables', async () => {
    await planned(async (db, apply) => {
      await db.raw('create table "t-1".customer (id int); insert into "t-1".invoice values (1)');
      expect((await apply()).code).toBe(0);
    });
  });

  it('keeps every other change of the tenant out from its look on', async () => {
    await planned(async (db, apply) => {
      const blocker = await db.transaction();
      let applied: Promise<Ended>;
      try {
        await blocker.raw(`select pg_advisory_xact_lock(hashtextextended('tenant_ddl t-0', 0))`);
        applied = apply();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await blocker.raw('alter table "t-0".invoice add note text');
      } finally {
        await blocker.commit();
      }
      const { code, stderr } = await applied;
      expect(code).toBe(1);
      expect(stderr).toContain('The tables of "t-0" are not those');
    });
  });

  it('names its tenants, so none may be given, and is none for a rollout', async () => {
    await planned(async () => {
      for (const args of [
        'apply plan.json --org t-0',
        'plan plan.json --org t-0',
        'rollout start plan.json --name r --org t-0',
      ]) {
        const given = { cwd: folder, env: { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' } };
        expect((await cli(args.split(' '), given)).code).toBe(64);
      }
    });
  });

  it('of another format is not read', async () => {
    const other = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as object;
    file('other.json', { ...other, tenantDdlPlan: 2 });
    const { code, stderr } = await cli(['apply', 'other.json'], { cwd: folder });
    expect([code, stderr]).toEqual([1, 'other.json is a plan of format 2; this version reads 1.\n']);
  });
});

describe('the database', () => {
  it('is that of a knexfile: of the environment, or of a function, and of --knexfile before DATABASE_URL', async () => {
    await withTenants(1, async (_db, _orgs, url) => {
      const config = `{ client: 'pg', connection: ${JSON.stringify(url)}, postProcessResponse: () => { throw new Error('no'); } }`;
      file('knexfile.js', `module.exports = { development: ${config}, bare: {} };`);
      file('single.cjs', `module.exports = async () => (${config});`);
      file('esm.mjs', `export default { staging: ${config} };`);
      const nowhere = { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };
      const inspect = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> =>
        cli(['inspect', '--orgs-like', 't-%', ...args], { cwd: folder, env });
      expect((await inspect([])).stdout).toMatch(/^t-0: 1 table/);
      expect((await inspect(['--env', 'development'], nowhere)).code).toBe(0);
      expect((await inspect(['--knexfile', 'single.cjs'], nowhere)).code).toBe(0);
      expect(await inspect(['--env', 'production'])).toMatchObject({
        code: 64,
        stderr: 'knexfile.js has no environment "production"; it has: development, bare.\n',
      });
      expect((await inspect(['--knexfile', 'none.js'])).code).toBe(64);
    });
  });

  it('that cannot be reached is an error without its password', async () => {
    const url = 'postgres://me:hunter2-value@127.0.0.1:1/nowhere';
    const ended = await cli(['inspect', '--org', 'a', '--json'], { url });
    expect(ended.code).toBe(1);
    expect(documentIn(ended)).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    expectNoSecret(ended, url);
  });

  it('is not written to by the query of --orgs-from', async () => {
    await withTenants(2, async (db, _orgs, url) => {
      const inspect = (query: string): Promise<Ended> => cli(['inspect', '--orgs-from', query], { url });
      expect((await inspect(`select 't-1' where 'a?b' like '%?%'`)).stdout).toMatch(/^t-1: /);
      expect(await inspect('create table made (id int)')).toMatchObject({ code: 1, stdout: '' });
      expect(await inspect('select 1 where false')).toMatchObject({ code: 1 });
      expect(await db.schema.hasTable('made')).toBe(false);
    });
  });
});

it('fits a terminal of 80 columns, coloured unless NO_COLOR is set', async () => {
  const hard = [
    {
      kind: 'createModel',
      table: 'invoice',
      fields: Array.from({ length: 20 }, (_, index) => ({ name: `field_number_${index}`, type: 'String' })),
    },
    { kind: 'addIndex', table: 'order', columns: ['amount'], unique: true },
  ];
  file('hard.json', hard);
  const args = ['plan', 'hard.json', '--org', 'acme-corp'];
  const colored = await cli(args, { columns: 80, cwd: folder });
  const plain = await cli(args, { columns: 80, cwd: folder, env: { NO_COLOR: '1' } });
  expect(colored.stdout).toContain('\u001b[');
  expect(colored.stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout);
  expect(Math.max(...plain.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect((await cli(args, { cwd: folder, env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
  expect((await cli(args, { cwd: folder })).stdout).not.toContain('\u001b');
});

// What every command writes: on a terminal of 80 columns, in colour and without, into head and into jq.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Knex } from 'knex';
import type { Change } from '../../../lib';
import { widthIn } from '../../../lib/cli/text';
import { cli, documentIn, type Ended, type Given } from '../../support/cli';
import { inOwnDatabase } from '../../support/own-database';
import { createTenants } from '../../support/rollout';
import { transpiled } from '../../support/transpiled';

jest.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), 'cli-screens-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function long(name: string): string {
  return name.padEnd(63, `_${name}`);
}

const LONG_ORG = `t-${long('tenant').slice(2)}`;
const LONG_TABLE = long('invoice');
const LONG_COLUMN = long('amount');
const WIDE_TABLE = '請求書';
const ROLLOUT = `a rollout ${long('of')}`;

const STATUS: Change = { kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String' } };
/** Can be made again and again. */
const DEFAULT: Change = { kind: 'alterField', table: 'invoice', column: 'note', set: { default: 'two  words ' } };
const LONG_CHANGES: readonly Change[] = [
  {
    kind: 'addField',
    table: LONG_TABLE,
    field: { name: long('field'), type: 'Text', nullable: false, default: `a ${'long '.repeat(30)}text` },
  },
  {
    kind: 'addReference',
    table: LONG_TABLE,
    columns: [LONG_COLUMN],
    references: { table: 'invoice', columns: ['id'] },
  },
  { kind: 'dropField', table: LONG_TABLE, column: LONG_COLUMN },
];
const FILES = {
  status: [STATUS],
  default: [DEFAULT],
  long: LONG_CHANGES,
  index: [{ kind: 'addIndex', table: LONG_TABLE, columns: [LONG_COLUMN] }],
  drop: [{ kind: 'dropModel', table: 'invoice' }],
  models: [{ table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }],
};

async function prepare(db: Knex, url: string): Promise<void> {
  for (const [name, content] of Object.entries(FILES)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
  }
  await createTenants(db, ['t-0', 't-1', LONG_ORG]);
  for (const org of ['t-0', 't-1', LONG_ORG]) await db.raw(`alter table "${org}".invoice add note text`);
  await db.raw('alter table "t-1".invoice add status int');
  await db.raw(`create table "${LONG_ORG}"."${LONG_TABLE}" (id int primary key, "${LONG_COLUMN}" numeric(12,3) not null
    default 7, "${long('customer')}" int references "${LONG_ORG}".invoice)`);
  await db.raw(`create table "${LONG_ORG}"."${WIDE_TABLE}" (id int primary key, "請求先の名前" varchar(50), b int)`);
  await db.raw(`create view "${LONG_ORG}"."\u001b[2J\u202eview" as select 1 as one`);
  const run = (...args: string[]): Promise<Ended> => cli(args, { url, cwd: folder });
  const started = ['rollout', 'start', 'status.json', '--orgs-like', 't-%', '--canary', '0', '--name'];
  expect((await run(...started, ROLLOUT)).code).toBe(3);
  expect((await cli([...started, 'pending'], { url, cwd: folder, signal: AbortSignal.abort() })).code).toBe(130);
  expect((await run('apply', 'default.json', '--org', 't-0')).code).toBe(0);
  expect((await run('plan', 'default.json', '--org', 't-0', '--out', 'plan.json')).code).toBe(0);
}

/** Each may run again, and leaves everything as it was. */
const COMMANDS: readonly (readonly [code: number, ...args: string[]])[] = [
  [0, 'inspect', '--orgs-like', 't-%'],
  [0, 'inspect', LONG_TABLE, '--org', LONG_ORG],
  [1, 'inspect', LONG_TABLE, '--org', 't-0'],
  [2, 'drift', 'models.json'],
  [2, 'drift', 'models.json', '--org', LONG_ORG, '--out', 'mend.json'],
  [0, 'plan', 'long.json', '--org', LONG_ORG],
  [0, 'plan', 'status.json', '--orgs-like', '%'],
  [0, 'plan', 'default.json', '--org', 't-0', '--out', 'again.json'],
  [0, 'apply', 'default.json', '--orgs-like', '%'],
  [0, 'apply', 'plan.json'],
  [1, 'apply', 'status.json', '--org', LONG_ORG],
  [64, 'apply', 'drop.json', '--orgs-like', '%'],
  [3, 'rollout', 'start', '--name', ROLLOUT],
  [3, 'rollout', 'retry', '--name', ROLLOUT],
  [3, 'rollout', 'status', ROLLOUT],
  [2, 'rollout', 'status', 'pending'],
  [0, 'rollout', 'pause', 'pending'],
  [0, 'rollout', 'resume', 'pending'],
  [0, 'online', 'plan', 'index.json', '--org', LONG_ORG],
  [0, 'online', 'plan', 'long.json', '--org', LONG_ORG],
  [0, 'online', 'apply', 'default.json', '--org', LONG_ORG],
  [1, 'online', 'apply', 'status.json', '--org', LONG_ORG],
  [0, 'online', 'status', '--orgs-like', '%'],
  [0, 'online', 'abandon', LONG_TABLE, '--org', LONG_ORG],
];

function nameOf(args: readonly string[]): string {
  return args.slice(0, /^(?:rollout|online)$/.test(args[0] ?? '') ? 2 : 1).join(' ');
}

/** A process takes its time: one line of each command. */
const ONE_OF_EACH = COMMANDS.filter(
  ([, ...args], index) => index === COMMANDS.findIndex(([, ...others]) => nameOf(others) === nameOf(args)),
);

async function prepared(run: (url: string) => Promise<void> | void): Promise<void> {
  await inOwnDatabase(async (url, db) => {
    await prepare(db, url);
    await run(url);
  });
}

/** No line longer than the screen, but for a word or a quoted value that is left whole. */
function expectToFit(text: string, columns: number, command: string): void {
  const plain = stripVTControlCharacters(text);
  const isWhole = (line: string): boolean =>
    !line
      .trim()
      .replace(/'[^']*'|"[^"]*"/g, '""')
      .includes(' ');
  const rest = plain.split(/\r?\n|\r/).filter((line) => widthIn(line) > columns && !isWhole(line));
  expect({ command, rest }).toEqual({ command, rest: [] });
}

/** What is left without the line breaks, and without what differs from run to run. */
function content(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\d+ ms/g, 'ms')
    .replace(/\s+/g, '');
}

it.each([40, 80, 100])('fits a terminal of %i columns, and loses nothing', async (columns) => {
  await prepared(async (url) => {
    const given: Given = { url, cwd: folder, env: { CI: '1' } };
    for (const [code, ...args] of COMMANDS) {
      const command = args.join(' ');
      const whole = await cli(args, given);
      const ended = await cli(args, { ...given, columns });
      expect({ command, codes: [whole.code, ended.code], stderr: whole.stderr }).toMatchObject({ codes: [code, code] });
      for (const output of ['stdout', 'stderr'] as const) {
        expectToFit(ended[output], columns, command);
        expect(content(ended[output])).toBe(content(whole[output]));
        // The colours of ours, and nothing else that a terminal would obey.
        expect(ended[output].replace(/\u001b\[\d+m/g, '')).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
      }
    }
  });
});

it('colours a terminal only, and never with NO_COLOR', async () => {
  await prepared(async (url) => {
    const args = ['plan', 'long.json', '--org', LONG_ORG];
    const isColored = async (given: Given): Promise<boolean> =>
      (await cli(args, { url, cwd: folder, ...given })).stdout.includes('\u001b[');
    expect(await isColored({ columns: 80 })).toBe(true);
    expect(await isColored({ columns: 80, env: { TERM: 'dumb' } })).toBe(false);
    expect(await isColored({})).toBe(false);
    expect(await isColored({ env: { FORCE_COLOR: '1' } })).toBe(true);
    for (const [, ...each] of COMMANDS) {
      const { stdout, stderr } = await cli(each, { url, cwd: folder, columns: 80, env: { NO_COLOR: '1', CI: '1' } });
      expect(stdout + stderr).not.toContain('\u001b');
    }
  });
});

it('gives JSON as its schema says, on a terminal as well', async () => {
  await prepared(async (url) => {
    for (const [code, ...args] of COMMANDS) {
      const ended = await cli([...args, '--json'], { url, cwd: folder, columns: 80, env: { CI: '1' } });
      expect(ended).toMatchObject({ code });
      documentIn(ended);
    }
  });
});

describe('as a process', () => {
  let program = '';
  beforeAll(() => {
    program = transpiled(join(folder, 'package'), '.', 'all');
  });

  function quoted(word: string): string {
    return `'${word.replaceAll("'", `'\\''`)}'`;
  }

  /** Runs each in a shell, and gives the exit code of the command itself with what was written. */
  function inShell(url: string, args: readonly string[], more: string, env: NodeJS.ProcessEnv = {}): Ended {
    const line = [process.execPath, program, ...args].map(quoted).join(' ');
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', more.replace('COMMAND', () => line)],
      {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: '1', DATABASE_URL: url, ...env },
      },
    );
    return { code: status ?? -1, stdout, stderr };
  }

  function has(command: string): boolean {
    return spawnSync('bash', ['-c', `command -v ${command}`]).status === 0;
  }

  const onPosix = process.platform === 'win32' ? it.skip : it;

  onPosix('ends quietly, with the exit code that it would have anyway, when head has seen enough', async () => {
    await prepared((url) => {
      for (const [code, ...args] of ONE_OF_EACH) {
        const { code: ended, stdout, stderr } = inShell(url, args, 'COMMAND < /dev/null | head -n 1');
        expect({ args, ended, stdout, stderr }).toMatchObject({ args, ended: code });
        expect(stdout).toMatch(/^[^\n]+\n$/);
        expect(stderr).not.toMatch(/EPIPE|^ +at /m);
      }
    });
  });

  onPosix('ends quietly where nobody reads at all', async () => {
    await prepared((url) => {
      for (const args of [
        ['inspect', '--orgs-like', 't-%'],
        ['drift', 'models.json', '--json'],
      ]) {
        const { stdout } = inShell(url, args, '(sleep 1; COMMAND; echo "$?" >&3) 3>&1 2>&1 > >(true)');
        expect({ args, stdout }).toEqual({ args, stdout: args[0] === 'drift' ? '2\n' : '0\n' });
      }
    });
  });

  (has('jq') ? it : it.skip)('gives jq one document (skipped without jq: apt-get install jq)', async () => {
    await prepared((url) => {
      for (const [code, ...args] of ONE_OF_EACH) {
        const { code: ended, stdout } = inShell(
          url,
          [...args, '--json'],
          'COMMAND < /dev/null 2> /dev/null | jq -c .command',
        );
        expect({ args, ended, stdout }).toMatchObject({ args, ended: code });
        expect(JSON.parse(stdout)).toBe(nameOf(args));
      }
    });
  });

  (has('script') ? it : it.skip)('fits a real terminal of 80 columns (skipped without script)', async () => {
    await prepared((url) => {
      for (const [code, ...args] of ONE_OF_EACH) {
        const line = [process.execPath, program, ...args].map(quoted).join(' ');
        const env = { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, CI: undefined, TERM: 'xterm' };
        const typescript = spawnSync('script', ['-qec', `stty cols 80; ${line}`, '/dev/null'], {
          cwd: folder,
          encoding: 'utf8',
          env: { ...env, DATABASE_URL: url },
        });
        expect({ args, code: typescript.status, output: typescript.stdout }).toMatchObject({ code });
        // A bar writes over itself.
        expectToFit(typescript.stdout.replace(/\r(?=\u001b\[2K)/g, '\n'), 80, args.join(' '));
      }
    });
  });
});

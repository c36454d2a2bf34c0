// One command of the command line after the other, each with a fault, and whether a secret is in what it wrote.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Change } from '../../../lib';
import { EXIT } from '../../../lib/cli/exit-codes';
import { strayError } from '../../../lib/cli/failures';
import { cli, type Ended } from '../../support/cli';
import { startProxy } from '../proxy';
import { randomOf, type Random } from '../random';
import { refuseAll, STRIKES, strikeAt } from './strikes';

const PASSWORD = 'p@ss/tops3cret';
const WRONG = 'not-the-tops3cret';
/** Of rows, which no output may have. */
const VALUE = 'hunter2-value';
/** Of the default of a column, which only its model may have. */
const DEFAULT = 'hunter3-default';
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), 'tops3cret', VALUE, VALUE.toUpperCase()];

/** Some fail on the rows, and PostgreSQL's own messages have their values. */
const CHANGES: Readonly<Record<string, Change>> = {
  unique: { kind: 'addIndex', table: 'invoice', columns: ['code'], unique: true },
  convert: { kind: 'alterField', table: 'invoice', column: 'code', set: { type: 'Int' } },
  add: { kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String', default: 'draft' } },
};
const MODELS = [{ table: 'invoice', fields: [{ name: 'id', type: 'Int' }] }];

const COMMANDS: readonly string[] = [
  'inspect --orgs-like t-%',
  'inspect invoice --org t-0',
  'inspect --orgs-from select/**/code::int/**/from/**/"t-0".invoice',
  'drift models.json',
  'drift models.json --org t-0 --out mend.json',
  'plan CHANGE --orgs-like t-%',
  'plan CHANGE --orgs-like t-% --out plan.json',
  'apply CHANGE --org t-0 --org t-1 LIMITS',
  'apply CHANGE --org t-0 LIMITS --verbose --hazards allow --allow-hazard dataLoss',
  'rollout start CHANGE --name r --orgs-like t-% LIMITS --canary 0',
  'rollout status r',
  'rollout pause r',
  'rollout resume r',
  'rollout retry --name r LIMITS',
  'online plan CHANGE --org t-0',
  'online apply CHANGE --org t-0 LIMITS',
  'online status --org t-0',
  'online abandon invoice --org t-0',
];

const LIMITS = '--attempts 1 --lock-timeout 300 --statement-timeout 1000';

export const FAULTS: readonly string[] = [...Object.keys(STRIKES), 'refused', 'wrong password'];

export interface Round {
  readonly command: string;
  readonly fault: string;
  readonly code: number;
  readonly output: string;
  readonly hasStruck: boolean;
  /** What is wrong with it: a secret, a stack, a document that is none. */
  readonly violations: readonly string[];
}

/**
 * Plays so many rounds; the same seed has the same commands and faults.
 *
 * @param url of a superuser, in a database that is the rounds' own
 */
export async function* playCommands(
  url: string,
  admin: Knex,
  {
    seed,
    rounds,
    faults = FAULTS,
  }: { readonly seed: number; readonly rounds: number; readonly faults?: typeof FAULTS },
): AsyncGenerator<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'cli-chaos-'));
  const role = `cli_chaos_${process.pid}`;
  const address = new URL(url);
  [address.username, address.password] = [role, encodeURIComponent(PASSWORD)];
  const proxy = await startProxy(address.href);
  try {
    await admin.raw(`create role ?? superuser login password '${PASSWORD}'`, [role]);
    for (const [name, change] of Object.entries(CHANGES)) {
      writeFileSync(join(folder, `${name}.json`), JSON.stringify([change]));
    }
    writeFileSync(join(folder, 'models.json'), JSON.stringify(MODELS));
    for (let round = 0; round < rounds; round += 1) {
      const random = randomOf(seed, round);
      await reset(admin);
      const line = lineOf(COMMANDS[round % COMMANDS.length] as string, random);
      const prepared = /^rollout (?!start)/.test(line)
        ? [lineOf('rollout start add.json --name r --orgs-like t-% LIMITS --canary 0', random)]
        : [];
      for (const each of prepared) await cli(each.split(' '), { url: address.href, cwd: folder });
      const fault = random.pick(faults);
      // Only some can take as long as it takes to be refused everywhere.
      const given = connectionTo(proxy.url, fault === 'wrong password' ? WRONG : PASSWORD, random, folder);
      const strike =
        fault === 'refused' && line.includes('--attempts')
          ? refuseAll(proxy)
          : fault === 'wrong password'
            ? { hasStruck: () => true, end: () => undefined }
            : strikeAt(proxy, fault === 'refused' ? 'cut before' : fault, random.int(1, 8), random);
      const args = [...line.split(' '), ...(random.chance(0.5) ? ['--json'] : [])];
      const ended = await asProcess((broken) => cli(args, { cwd: folder, broken, ...given }));
      strike.end();
      yield {
        command: args.join(' '),
        fault,
        code: ended.code,
        output: ended.stdout + ended.stderr,
        hasStruck: strike.hasStruck(),
        violations: violationsOf(args, ended),
      };
    }
  } finally {
    await proxy.close();
    await admin.raw('drop owned by ?? cascade', [role]);
    await admin.raw('drop role ??', [role]);
    rmSync(folder, { recursive: true });
  }
}

/** As main.ts does: pg throws on an answer that it cannot read. */
async function asProcess(run: (broken: Promise<never>) => Promise<Ended>): Promise<Ended> {
  let breakIt: (error: Error) => void = () => undefined;
  const broken = new Promise<never>((_, reject) => {
    breakIt = (error) => reject(strayError(error));
  });
  broken.catch(() => undefined);
  process.on('uncaughtException', breakIt);
  try {
    return await run(broken);
  } finally {
    process.off('uncaughtException', breakIt);
  }
}

function lineOf(command: string, random: Random): string {
  return command.replace('CHANGE', `${random.pick(Object.keys(CHANGES))}.json`).replace('LIMITS', LIMITS);
}

/** By the environment, or by a knexfile. */
function connectionTo(
  url: string,
  password: string,
  random: Random,
  folder: string,
): { readonly url: string } | { readonly env: NodeJS.ProcessEnv } {
  const address = new URL(url);
  address.password = encodeURIComponent(password);
  if (random.chance(0.5)) return { url: address.href };
  const connection = {
    host: address.hostname,
    port: Number(address.port),
    user: address.username,
    password,
    database: address.pathname.slice(1),
  };
  writeFileSync(join(folder, 'knexfile.json'), JSON.stringify({ client: 'pg', connection }));
  // A file that is loaded once stays as it is.
  writeFileSync(
    join(folder, 'knexfile.cjs'),
    `module.exports = () => JSON.parse(require('fs').readFileSync('${join(folder, 'knexfile.json')}', 'utf8'));`,
  );
  return { env: {} };
}

async function reset(admin: Knex): Promise<void> {
  // What a command has left in hand ends with its session.
  await admin.raw(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await admin.raw('drop schema if exists tenant_ddl, "t-0", "t-1" cascade');
  for (const org of ['t-0', 't-1']) {
    await admin.raw(`create schema "${org}"; create table "${org}".invoice (id int primary key, code text,
      note text default '${DEFAULT}'); insert into "${org}".invoice values (1, '${VALUE}'), (2, '${VALUE}')`);
  }
}

function violationsOf(args: readonly string[], { code, stdout, stderr }: Ended): string[] {
  const isModels = args[0] === 'inspect' && args.includes('--json') && code === EXIT.done;
  const output = `${isModels ? stdout.replaceAll(DEFAULT, '') : stdout}\n${stderr}`;
  return [
    ...[...SECRETS, DEFAULT].filter((secret) => output.includes(secret)).map((secret) => `has ${secret}`),
    ...(/^ +at |node_modules/m.test(output) ? ['has a stack'] : []),
    ...(args.includes('--json') && !isDocument(stdout) ? ['is no document'] : []),
    ...((Object.values(EXIT) as number[]).includes(code) ? [] : [`ends with ${code}`]),
    ...(code === EXIT.error && stderr.trim() === '' ? ['says nothing of its error'] : []),
  ];
}

function isDocument(text: string): boolean {
  try {
    return (JSON.parse(text) as { readonly version?: number }).version === 1;
  } catch {
    return false;
  }
}

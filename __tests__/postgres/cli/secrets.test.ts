// Every command, as it succeeds and as it fails: no password and no value of a row is in what it writes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Change } from '../../../lib';
import { cli, type Given } from '../../support/cli';
import { freshRole } from '../../support/postgres';
import { withTenants } from '../../support/rollout';

jest.setTimeout(120_000);

const PASSWORD = 'p@ss/tops3cret';
const VALUE = 'hunter2-value';
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), 'tops3cret', VALUE, VALUE.toUpperCase()];

const folder = mkdtempSync(join(tmpdir(), 'cli-secrets-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each fails on the rows, and PostgreSQL's own message has their values. */
const ON_ROWS: Readonly<Record<string, Change>> = {
  unique: { kind: 'addIndex', table: 'invoice', columns: ['code'], unique: true },
  convert: { kind: 'alterField', table: 'invoice', column: 'code', set: { type: 'Int' } },
  shorten: { kind: 'alterField', table: 'invoice', column: 'code', set: { type: 'String', length: 3 } },
  values: { kind: 'alterField', table: 'invoice', column: 'code', set: { type: 'Enum', values: ['draft'] } },
  refer: {
    kind: 'addReference',
    table: 'invoice',
    columns: ['code'],
    references: { table: 'status', columns: ['code'] },
  },
  require: { kind: 'alterField', table: 'invoice', column: 'note', set: { nullable: false } },
};
/** Each succeeds. */
const OTHERS: Readonly<Record<string, Change>> = {
  add: { kind: 'addField', table: 'invoice', field: { name: 'status', type: 'String' } },
  index: { kind: 'addIndex', table: 'invoice', columns: ['note'] },
};

const MODELS = [
  { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] },
  { table: 'status', fields: [{ name: 'code', type: 'Text', primaryKey: true }] },
];

beforeAll(() => {
  const files = Object.entries({ ...ON_ROWS, ...OTHERS }).map(([name, change]) => [name, [change]] as const);
  for (const [name, content] of [...files, ['models', MODELS] as const]) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(content));
  }
});

function commandsOn(name: string): string[] {
  return [
    `plan ${name}.json --org t-0`,
    `apply ${name}.json --org t-0 --attempts 1 --verbose`,
    `apply ${name}.json --org t-0 --attempts 1 --hazards allow --allow-hazard dataLoss`,
    `rollout start ${name}.json --name ${name} --orgs-like t-% --canary 0 --trial 1 --verbose --attempts 1`,
    `rollout status ${name}`,
    `rollout retry --name ${name}`,
    `rollout pause ${name}`,
    `rollout resume ${name}`,
    `online plan ${name}.json --org t-0`,
    `online apply ${name}.json --org t-0 --attempts 1 --verbose`,
    `online status --org t-0`,
    `online abandon invoice --org t-0`,
  ];
}

async function fill(db: Knex): Promise<void> {
  for (const org of ['t-0', 't-1']) {
    await db.raw(`create table "${org}".status (code text primary key)`);
    await db.raw(`alter table "${org}".invoice add code text, add note text`);
    const rows = [1, 2].map((id) => ({ id, code: VALUE }));
    await db('invoice').withSchema(org).insert(rows);
  }
}

interface Run {
  readonly command: string;
  readonly code: number;
  readonly output: string;
}

async function ran(command: string, given: Given): Promise<Run[]> {
  const runs: Run[] = [];
  for (const args of [command, `${command} --json`]) {
    const { code, stdout, stderr } = await cli(args.split(' '), { cwd: folder, ...given });
    runs.push({ command: args, code, output: stdout + stderr });
  }
  return runs;
}

function expectNoSecret(runs: readonly Run[]): void {
  expect(runs.filter(({ output }) => SECRETS.some((secret) => output.includes(secret)))).toEqual([]);
}

async function addressWith(db: Knex, url: string, password: string): Promise<string> {
  const role = freshRole();
  await db.raw(`create role ?? superuser login password '${PASSWORD}'`, [role]);
  const address = new URL(url);
  [address.username, address.password] = [role, encodeURIComponent(password)];
  return address.href;
}

it.each([...Object.keys(ON_ROWS), ...Object.keys(OTHERS)])('about the change %j', async (name) => {
  await withTenants(2, async (db, _orgs, url) => {
    await fill(db);
    const given = { url: await addressWith(db, url, PASSWORD) };
    const runs: Run[] = [];
    for (const command of commandsOn(name)) runs.push(...(await ran(command, given)));
    expectNoSecret(runs);
    const failed = runs.filter(({ command, code }) => command.startsWith('apply') && code !== 0);
    expect(failed.length > 0).toBe(true);
  });
});

it('about what is there', async () => {
  await withTenants(2, async (db, _orgs, url) => {
    await fill(db);
    const given = { url: await addressWith(db, url, PASSWORD) };
    const runs = [
      ...(await ran('inspect --orgs-like t-%', given)),
      ...(await ran('drift models.json', given)),
      ...(await ran('drift models.json --org t-0 --out mend.json', given)),
      // The words of a command are those between its blanks.
      ...(await ran('inspect --orgs-from select/**/code::int/**/from/**/"t-0".invoice', given)),
    ];
    expectNoSecret(runs);
  });
});

describe('about a connection that cannot be made', () => {
  const failures: readonly (readonly [string, (url: URL) => void])[] = [
    ['for the password', (url) => (url.password = encodeURIComponent(`${PASSWORD}!`))],
    ['for the port', (url) => (url.port = '1')],
    ['for the database', (url) => (url.pathname = '/nowhere')],
    ['for the address', (url) => (url.search = '?sslmode=verify-full')],
  ];

  it.each(failures)('%s', async (_why, spoil) => {
    await withTenants(1, async (db, _orgs, url) => {
      const address = new URL(await addressWith(db, url, PASSWORD));
      spoil(address);
      const knexfile = 'knexfile.cjs';
      const connection = {
        host: address.hostname,
        port: Number(address.port),
        user: address.username,
        password: decodeURIComponent(address.password),
        database: address.pathname.slice(1),
        ssl: address.search === '' ? false : { rejectUnauthorized: true },
      };
      writeFileSync(join(folder, knexfile), `module.exports = ${JSON.stringify({ client: 'pg', connection })}`);
      const runs = [
        ...(await ran('inspect --org t-0', { url: address.href })),
        ...(await ran(`inspect --org t-0 --knexfile ${knexfile}`, {})),
        ...(await ran('apply add.json --org t-0 --attempts 1', { url: address.href })),
      ];
      expectNoSecret(runs);
      expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 1));
    });
  });
});

it('about an address that is none', async () => {
  const url = `postgres://me:${PASSWORD}@[nowhere/x`;
  expectNoSecret(await ran('inspect --org t-0', { url }));
});

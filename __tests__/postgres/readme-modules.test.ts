// The first lines of the README, as a reader has them run: by plain node, as an ES module and as CommonJS.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, snippetsOf } from '../support/markdown';
import { connect, serverUrl } from '../support/postgres';

const home = mkdtempSync(join(tmpdir(), 'tenant-ddl-readme-'));
const db = connect();
const [first] = snippetsOf('README.md').filter(({ code }) => code.includes('import knex'));
const code = String(first?.code).replaceAll('acme-corp', 'readme-modules');

beforeAll(() => {
  const own = join(home, 'node_modules/tenant-ddl');
  mkdirSync(own, { recursive: true });
  cpSync(join(root, 'package.json'), join(own, 'package.json'));
  for (const name of ['knex', 'pg', 'fp-ts', 'io-ts', 'winston']) {
    symlinkSync(join(root, 'node_modules', name), join(home, 'node_modules', name));
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(own, 'dist')], {
    cwd: root,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stdout);
}, 120_000);

afterEach(() => db.raw('drop schema if exists "readme-modules" cascade'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const asCommonJs = code
  .replace(/import knex from '(.*)';/, "const knex = require('$1');")
  .replace(/import (\{.*?\}) from '(.*)';/s, "const $1 = require('$2');");

it.each([
  ['an ES module', 'first.mjs', `${code}\nawait db.destroy();`],
  ['CommonJS', 'first.cjs', `(async () => {\n${asCommonJs}\nawait db.destroy();\n})();`],
])('runs by plain node as %s', async (_what, file, source) => {
  writeFileSync(join(home, file), source);
  const ran = spawnSync(process.execPath, [file], {
    cwd: home,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: serverUrl(), NODE_OPTIONS: '' },
  });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    "select column_name as name from information_schema.columns where table_schema = 'readme-modules' order by ordinal_position",
  );
  expect(rows.map(({ name }) => name)).toEqual(['id', 'name', 'amount', 'status']);
});

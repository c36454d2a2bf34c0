// The example of the README as an ES module, and that of docs/recipes.md as CommonJS, each run by plain node as it stands.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, snippetsOf, textOf } from '../support/markdown';
import { connect, serverUrl } from '../support/postgres';

const home = mkdtempSync(join(tmpdir(), 'tenant-ddl-readme-'));
const db = connect();
const [first] = snippetsOf('README.md').filter(({ code }) => code.includes('import knex'));
const [, inCommonJs = ''] = /```js\n(.*?)```/s.exec(textOf('docs/recipes.md')) ?? [];

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

it.each([
  ['an ES module', 'first.mjs', `${first?.code}\nawait db.destroy();`, ['id', 'name', 'amount', 'status']],
  ['CommonJS', 'first.cjs', inCommonJs, ['id', 'status']],
])('runs by plain node as %s', async (_what, file, source, columns) => {
  writeFileSync(join(home, file), source.replaceAll('acme-corp', 'readme-modules'));
  const ran = spawnSync(process.execPath, [file], {
    cwd: home,
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: serverUrl(), NODE_OPTIONS: '' },
  });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
  const { rows } = await db.raw<{ rows: { name: string }[] }>(
    "select column_name as name from information_schema.columns where table_schema = 'readme-modules' order by ordinal_position",
  );
  expect(rows.map(({ name }) => name)).toEqual(columns);
});

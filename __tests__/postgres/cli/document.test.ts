// What docs/command-line.md shows is run, in its order.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../../lib/cli/exit-codes';
import { cli } from '../../support/cli';
import { codeIn, tableOf, textOf } from '../../support/markdown';
import { inOwnDatabase } from '../../support/own-database';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'cli-document-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const text = textOf('docs/command-line.md');

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body]) => body ?? '');
}

/** The words of a line as a shell has them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  );
}

it('shows commands that do what it says, each in the state that the ones before it leave', async () => {
  const [changes = '', byStatus = ''] = blocks('json');
  writeFileSync(join(folder, 'changes.json'), changes);
  writeFileSync(join(folder, 'by-status.json'), byStatus);
  await inOwnDatabase(async (url, db) => {
    const connection = JSON.stringify({ client: 'pg', connection: url });
    writeFileSync(join(folder, 'knexfile.js'), `module.exports = { production: ${connection} };`);
    for (const org of ['acme-corp', 'globex', 'third-corp']) {
      await db.raw(`create schema "${org}"; create table "${org}".invoice (id int primary key, old_field text)`);
    }
    const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
    const commands = lines.filter((line) => line.startsWith('tenant-ddl '));
    expect(commands.length).toBeGreaterThan(10);
    for (const line of commands) {
      // What has been applied to this tenant already would fail in its rollout.
      if (line.includes('rollout start')) {
        await db.raw('alter table "acme-corp".invoice drop status, add old_field text');
      }
      if (line.includes('--out mend.json')) await db.raw('alter table globex.invoice add by_hand text');
      const [command = '', into] = line.split(' > ');
      const { code, stdout, stderr } = await cli(wordsOf(command).slice(1), { url, cwd: folder });
      if (into !== undefined) writeFileSync(join(folder, into), stdout);
      // There are differences when the documents look for some.
      const expected = line.includes(' drift ') ? EXIT.differences : EXIT.done;
      expect({ line, code, stderr: code === expected ? '' : stderr }).toEqual({ line, code: expected, stderr: '' });
    }
    const { rows } = await db.raw(
      `select table_schema as org from information_schema.columns where column_name = 'status' and table_name = 'invoice' order by 1`,
    );
    expect(rows.map(({ org }: { org: string }) => org)).toEqual(['acme-corp', 'globex', 'third-corp']);
  });
});

it('has every exit code', () => {
  const codes = tableOf('docs/command-line.md', 'exit code').map(([code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT));
});

it('has every way to name tenants', async () => {
  const { stdout } = await cli(['apply', '--help']);
  for (const [option] of tableOf('docs/command-line.md', 'option')) expect(stdout).toContain(codeIn(option)[0]);
});

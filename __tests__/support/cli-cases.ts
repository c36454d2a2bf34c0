// What the tests of commands share: a folder of files for them, and tables of command lines with what each ends with.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { cli, documentIn, type Ended, type Given } from './cli';
import { STATUS, withStatus, withTenants } from './rollout';

export const folder = mkdtempSync(join(tmpdir(), 'cli-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

export function file(name: string, content: unknown): string {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return name;
}

file('status.json', STATUS);
file('drop.json', [{ kind: 'dropModel', table: 'invoice' }]);
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

export interface Case {
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

/** Also that no output has a secret in it, and that a command that only reads ends alike with `--json`. */
export function itEndsAsSaid(cases: readonly Case[]): void {
  it.each(cases)(
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
}

/** An online change whose session is ended while it waits: an index waits for every transaction that uses the table. */
export async function cutShort(db: Knex, url: string): Promise<Ended> {
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

export function expectNoSecret({ stdout, stderr }: Ended, url: string): void {
  const { password } = new URL(url);
  for (const output of [stdout, stderr]) {
    expect(output).not.toContain('hunter2-value');
    if (password !== '') expect(output).not.toContain(password);
  }
}

// inspect and drift on a server, and the ways to name a database.
import { cli, documentIn, type Ended } from '../../support/cli';
import { expectNoSecret, file, folder, itEndsAsSaid } from '../../support/cli-cases';
import { withTenants } from '../../support/rollout';
import { INSPECT_CASES } from './cases/inspect';

jest.setTimeout(60_000);

itEndsAsSaid(INSPECT_CASES);

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

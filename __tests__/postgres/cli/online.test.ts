// The commands for changes of tables in use, on a server.
import { cli, documentIn, type Ended, type Given } from '../../support/cli';
import { cutShort, folder, itEndsAsSaid } from '../../support/cli-cases';
import { withTenants } from '../../support/rollout';
import { ONLINE_CASES } from './cases/online';

jest.setTimeout(60_000);

itEndsAsSaid(ONLINE_CASES);

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

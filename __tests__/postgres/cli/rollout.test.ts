// The commands of rollouts on a server.
import { cli, documentIn, type Ended, type Given } from '../../support/cli';
import { folder, itEndsAsSaid } from '../../support/cli-cases';
import { withStatus, withTenants } from '../../support/rollout';
import { ROLLOUT_CASES } from './cases/rollout';

jest.setTimeout(60_000);

itEndsAsSaid(ROLLOUT_CASES);

it('says as JSON how a rollout stands, from its beginning to the retry of what failed', async () => {
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

it('pauses and resumes a rollout that has tenants left', async () => {
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

// plan and apply on a server, and the file of a plan.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { cli, documentIn, type Ended } from '../../support/cli';
import { file, folder, itEndsAsSaid } from '../../support/cli-cases';
import { withStatus, withTenants } from '../../support/rollout';
import { APPLY_CASES } from './cases/apply';

jest.setTimeout(60_000);

itEndsAsSaid(APPLY_CASES);

it('gives what became of each tenant as JSON', async () => {
  await withTenants(3, async (db, _orgs, url) => {
    await db.raw('alter table "t-1".invoice add status int');
    const ended = await cli(['apply', 'status.json', '--orgs-like', 't-%', '--json'], { url, cwd: folder });
    expect(ended.code).toBe(1);
    const document = documentIn(ended);
    expect(document).toMatchObject({
      version: 1,
      command: 'apply',
      results: [
        { org: 't-0', attempts: 1 },
        { org: 't-1', error: { code: 'FIELD_EXISTS', table: 'invoice' } },
      ],
      notRun: ['t-2'],
    });
  });
});

describe('a plan file', () => {
  async function planned(run: (db: Knex, apply: () => Promise<Ended>) => Promise<void>): Promise<void> {
    await withTenants(2, async (db, _orgs, url) => {
      const args = ['plan', 'status.json', '--orgs-like', 't-%', '--out', 'plan.json'];
      expect((await cli(args, { url, cwd: folder })).code).toBe(0);
      await run(db, () => cli(['apply', 'plan.json'], { url, cwd: folder }));
    });
  }

  it('runs for the tenants that it was made for', async () => {
    await planned(async (db, apply) => {
      expect((await apply()).code).toBe(0);
      expect(await withStatus(db)).toEqual(['t-0', 't-1']);
    });
  });

  it.each([
    'alter table "t-1".invoice add note text',
    'alter table "t-1".invoice alter id type bigint',
    'create index on "t-1".invoice (id) where id > 7',
    'drop table "t-1".invoice',
  ])('is refused in a tenant after: %s', async (moved) => {
    await planned(async (db, apply) => {
      await db.raw(moved);
      const { code, stdout, stderr } = await apply();
      expect(code).toBe(1);
      expect(stdout).toMatch(/^t-0: /);
      expect(stderr).toContain('The tables of "t-1" are not those that plan.json was made on');
      expect(await withStatus(db)).toEqual(['t-0']);
    });
  });

  it('does not mind what happens to other tables', async () => {
    await planned(async (db, apply) => {
      await db.raw('create table "t-1".customer (id int); insert into "t-1".invoice values (1)');
      expect((await apply()).code).toBe(0);
    });
  });

  it('keeps every other change of the tenant out from its look on', async () => {
    await planned(async (db, apply) => {
      const blocker = await db.transaction();
      let applied: Promise<Ended>;
      try {
        await blocker.raw(`select pg_advisory_xact_lock(hashtextextended('tenant_ddl t-0', 0))`);
        applied = apply();
        await new Promise((resolve) => setTimeout(resolve, 300));
        await blocker.raw('alter table "t-0".invoice add note text');
      } finally {
        await blocker.commit();
      }
      const { code, stderr } = await applied;
      expect(code).toBe(1);
      expect(stderr).toContain('The tables of "t-0" are not those');
    });
  });

  it('names its tenants, so none may be given, and is none for a rollout', async () => {
    await planned(async () => {
      for (const args of [
        'apply plan.json --org t-0',
        'plan plan.json --org t-0',
        'rollout start plan.json --name r --org t-0',
      ]) {
        const given = { cwd: folder, env: { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' } };
        expect((await cli(args.split(' '), given)).code).toBe(64);
      }
    });
  });

  it('of another format is not read', async () => {
    const other = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as object;
    file('other.json', { ...other, tenantDdlPlan: 2 });
    const { code, stderr } = await cli(['apply', 'other.json'], { cwd: folder });
    expect([code, stderr]).toEqual([1, 'other.json is a plan of format 2; this version reads 1.\n']);
  });
});

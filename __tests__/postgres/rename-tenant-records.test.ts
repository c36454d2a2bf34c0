// The library's own tables go by the org: the ledger of rollouts follows a tenant that is renamed, an online change cannot.
import type { Knex } from 'knex';
import { abandonOnline, applyOnline, renameTenant, rollOut, type Change } from '../../lib';
import { quiet } from '../support/log';
import { ORG, recordsOf, withInvoices } from '../support/online';
import { freshRole } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { countsOf, inLedger, STATUS, withStatus, withTenants } from '../support/rollout';

const options = { logger: quiet };
const spec = { name: 'invoice.status', changes: STATUS };
const rolled = { ...options, canary: 0, waves: [], seed: 1 };

describe('the ledger of rollouts', () => {
  it('has a tenant that is done under its new name', () =>
    withTenants(2, async (db, orgs) => {
      await rollOut(spec, db, { ...rolled, orgs });
      await renameTenant('t-1', 'acme', db, options);
      expect((await inLedger(db, 'done')).sort()).toEqual(['acme', 't-0']);
      const again = await rollOut(spec, db, { ...rolled, orgs: ['t-0', 'acme'] });
      expect(countsOf(again)).toEqual({ targets: 2, done: 2 });
    }));

  it('changes a pending tenant under its new name, with its own list, whose references go to its own tables', () =>
    withTenants(3, async (db) => {
      const own: Change[] = [
        {
          kind: 'addField',
          table: 'invoice',
          field: { name: 'parent', type: 'Int', references: { table: 'invoice', column: 'id' } },
        },
        { kind: 'addField', table: 'invoice', field: { name: 'j', type: 'Json', default: '"schema":"t-1","table":' } },
      ];
      const only = { name: 'own' };
      const first = rollOut(only, db, {
        ...rolled,
        canary: ['t-0'],
        orgs: [
          { org: 't-0', changes: STATUS },
          { org: 't-1', changes: own },
        ],
        check: () => false,
      });
      expect(countsOf(await first)).toEqual({ targets: 2, done: 1, pending: 1 });
      await renameTenant('t-1', 'acme', db, options);
      const orgs = [
        { org: 't-0', changes: STATUS },
        { org: 'acme', changes: own },
      ];
      expect(countsOf(await rollOut(only, db, { ...rolled, orgs }))).toEqual({ targets: 2, done: 2 });
      await db.raw('insert into acme.invoice (id) values (1)');
      expect(await db('invoice').withSchema('acme').select('j')).toEqual([{ j: '"schema":"t-1","table":' }]);
    }));

  it('does not take a tenant for done since one of its new name was, which is gone', () =>
    withTenants(3, async (db) => {
      await rollOut(spec, db, { ...rolled, orgs: ['t-0', 't-1'] });
      await db.raw('drop schema "t-1" cascade');
      await renameTenant('t-2', 't-1', db, options);
      expect(await withStatus(db)).toEqual(['t-0']);
      const again = await rollOut(spec, db, { ...rolled, orgs: ['t-0', 't-1'] });
      expect(countsOf(again)).toEqual({ targets: 3, done: 3 });
      expect(await withStatus(db)).toEqual(['t-0', 't-1']);
      expect((await inLedger(db, 'done')).some((name) => /^t-1 \(gone, place \d\)$/.test(name))).toBe(true);
    }));

  it.each(['whose turn it waits for', 'that it has claimed'])('of a rollout under way does not lose one %s', (which) =>
    withTenants(3, async (db, orgs) => {
      const renamed = which === 'that it has claimed' ? 't-2' : 't-0';
      let rollout: ReturnType<typeof rollOut> | undefined;
      const whole = { ...rolled, orgs, connections: 1, canary: ['t-0'], waves: [], lockTimeoutMs: 5000 };
      const order = { ...whole, canary: ['t-0', 't-1', 't-2'] };
      await db.transaction(async (trx) => {
        await trx.raw(`select pg_advisory_xact_lock(hashtextextended('tenant_ddl t-0', 0)),
          pg_advisory_xact_lock(hashtextextended('tenant_ddl t-1', 0)), pg_advisory_xact_lock(hashtextextended('tenant_ddl t-2', 0))`);
        rollout = rollOut(spec, db, order);
        await until(async () => (await waiting(db)) > 0);
        await renameTenant(renamed, 'acme', trx, options);
      });
      const report = (await rollout) as Awaited<ReturnType<typeof rollOut>>;
      expect(countsOf(report)).toEqual({ targets: 3, done: 3 });
      expect(await withStatus(db)).toEqual(['acme', 't-0', 't-1', 't-2'].filter((org) => org !== renamed).sort());
    }),
  );

  it('that the role may not write is named, and nothing is renamed', () =>
    withTenants(1, async (db, orgs) => {
      const role = freshRole();
      await rollOut(spec, db, { ...rolled, orgs });
      const [{ name }] = (await db.raw('select current_database() as name')).rows;
      await db.raw('create role ??; alter schema "t-0" owner to ??', [role, role]);
      await db.raw('grant create on database ?? to ??', [name, role]);
      const run = db.transaction(async (trx) => {
        await trx.raw('set local role ??', [role]);
        await renameTenant('t-0', 'acme', trx, options);
      });
      const error = await migrationError(run);
      expect(error).toMatchObject({ code: 'PERMISSION_DENIED', org: 't-0' });
      expect(error.message).toMatch(
        /permission denied for \w+ .*SELECT and UPDATE on the tables of schema "tenant_ddl"/,
      );
      await db.raw('drop owned by ?? cascade', [role]);
    }));
});

describe('an online change', () => {
  const unique: Change = {
    kind: 'alterField',
    table: 'invoice',
    column: 'code',
    set: { unique: true, nullable: false },
  };

  it('that is not finished keeps the tenant from its new name', () =>
    withInvoices(10, async (db) => {
      const controller = new AbortController();
      const run = applyOnline(ORG, unique, db, {
        ...options,
        signal: controller.signal,
        onProgress: ({ number }) => (number === 2 ? controller.abort() : undefined),
      });
      expect(await migrationError(run)).toMatchObject({ code: 'ABORTED' });
      const error = await migrationError(renameTenant(ORG, 'acme-inc', db, options));
      expect(error).toMatchObject({ code: 'CHANGE_UNDER_WAY', org: ORG });
      expect(error.message).toBe(
        'An online change of "acme-corp"."invoice" is not finished. Finish it with applyOnline, or take it back with abandonOnline, then rename the tenant. Nothing was changed.',
      );
      await abandonOnline(ORG, 'invoice', db, options);
      await renameTenant(ORG, 'acme-inc', db, options);
      await applyOnline('acme-inc', unique, db, options);
    }));

  it('does not begin while the tenant is renamed', () =>
    withInvoices(10, async (db) => {
      let run: Promise<unknown> | undefined;
      await db.transaction(async (trx) => {
        await renameTenant(ORG, 'acme-inc', trx, options);
        run = migrationError(applyOnline(ORG, unique, db, options));
        await until(async () => (await waiting(db)) > 0);
      });
      expect(await run).toMatchObject({ code: 'CHANGE_UNDER_WAY', org: ORG });
      expect(await recordsOf(db)).toEqual([]);
    }));
});

/** How many sessions of the database wait for a turn. */
async function waiting(db: Knex): Promise<number> {
  const { rows } = await db.raw(
    `select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`,
  );
  return (rows as { count: number }[])[0]?.count ?? 0;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

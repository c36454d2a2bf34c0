// What a change decides by is looked at when its lock is held, whatever the look may see.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  addIndex,
  addReference,
  alterField,
  createModel,
  dropFieldFromModel,
  renameModel,
  type ChangeOptions,
} from '../../lib';
import { readTable } from '../support/catalog';
import { recordedLog } from '../support/log';
import { connect, freshRole, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { until, waitingFor } from '../support/through-proxy';
import { tenantTest } from '../support/tenant-test';

const { db, org, options: patient } = tenantTest({ lockTimeoutMs: 15_000, retry: { maxAttempts: 1 } });

beforeEach(async () => {
  const fields = ['id', 'a', 'b'].map((name) => ({ name, type: 'Int' as const }));
  await createModel(org, { table: 'invoice', fields }, db, patient);
});

/** Runs a change that waits for another transaction, which commits when the change is waiting for it. */
async function behind<T>(sql: string, change: () => Promise<T>): Promise<T> {
  const other = await db.transaction();
  await other.raw(sql, { org });
  const changed = change();
  changed.catch(() => undefined);
  await until(async () => (await waitingFor(db, org, 'invoice')) > 0);
  await other.commit();
  return changed;
}

const LOAD = 'insert into :org:.invoice select i, i, i from generate_series(1, 1000) i';

const CHANGES: Readonly<Record<string, (options: ChangeOptions, tenant?: Knex) => Promise<unknown>>> = {
  'a rewrite': (options, tenant = db) =>
    addFieldToModel(org, 'invoice', { name: 'u', type: 'Uuid', default: { fn: 'uuid' } }, tenant, options),
  'a scan': (options, tenant = db) => alterField(org, 'invoice', 'b', { nullable: false }, tenant, options),
  'another type': (options, tenant = db) => alterField(org, 'invoice', 'b', { type: 'Text' }, tenant, options),
  'a unique': (options, tenant = db) =>
    addFieldToModel(org, 'invoice', { name: 'u', type: 'Int', unique: true }, tenant, options),
  'an index': (options, tenant = db) => addIndex(org, 'invoice', { columns: ['a'] }, tenant, options),
};

describe.each(Object.entries(CHANGES))(
  '%s, with rows that are committed while it waits for its lock',
  (_what, change) => {
    it('is refused, and nothing is changed', async () => {
      const before = await readTable(db, org, 'invoice');
      const error = await migrationError(behind(LOAD, () => change({ ...patient, hazards: 'refuse' })));
      expect(error).toMatchObject({ code: 'HAZARD_REFUSED', org, table: 'invoice' });
      expect(await readTable(db, org, 'invoice')).toEqual(before);
    });

    it('is warned of', async () => {
      const { logger, records } = recordedLog();
      await behind(LOAD, () => change({ ...patient, logger, hazards: 'warn' }));
      expect(records().filter(({ message }) => message === 'HAZARD')).not.toEqual([]);
    });
  },
);

it('does not drop an index over other fields that was being built', async () => {
  const index = 'create unique index invoice_once on :org:.invoice (a, b)';
  const error = await migrationError(behind(index, () => dropFieldFromModel(org, 'invoice', 'a', db, patient)));
  expect(error).toMatchObject({ code: 'DEPENDENT_OBJECTS', column: 'a' });
  expect(error.message).toContain('invoice_once');
});

describe.each(['repeatable read', 'serializable'] as const)("in a caller's transaction at %s", (isolationLevel) => {
  /** Its snapshot is older than what another transaction then commits. */
  async function older(sql: string, change: (trx: Knex.Transaction) => Promise<unknown>): Promise<void> {
    await db.transaction(
      async (trx) => {
        await trx.raw('select 1');
        await db.raw(sql, { org });
        await change(trx);
        // The transaction is usable all the same.
        await trx.raw('select 1');
      },
      { isolationLevel },
    );
  }

  it.each<[string, (trx: Knex) => Promise<unknown>]>([
    ['a drop of a field', (trx) => dropFieldFromModel(org, 'invoice', 'a', trx, patient)],
    ['a new name', (trx) => renameModel(org, 'invoice', 'bill', trx, patient)],
    ['NOT NULL', (trx) => alterField(org, 'invoice', 'b', { nullable: false }, trx, patient)],
    ['another type', (trx) => alterField(org, 'invoice', 'b', { type: 'Text' }, trx, patient)],
  ])('%s, which goes by the catalog, is refused', async (_what, change) => {
    await older('create unique index invoice_once on :org:.invoice (a, b)', async (trx) => {
      const error = await migrationError(change(trx));
      expect(error).toMatchObject({ code: 'DATABASE_ERROR', sqlState: 'TD010', retryScope: 'none' });
      expect(error.message).toContain(isolationLevel);
    });
    expect((await readTable(db, org, 'invoice'))?.indexes.map(({ name }) => name)).toContain('invoice_once');
  });

  it.each(Object.entries(CHANGES).filter(([what]) => !['a scan', 'another type'].includes(what)))(
    '%s is refused where there are rows that it does not see',
    async (_what, change) => {
      await older(LOAD, async (trx) => {
        const error = await migrationError(change({ ...patient, hazards: 'refuse' }, trx));
        expect(error).toMatchObject({ code: 'HAZARD_REFUSED' });
      });
    },
  );

  it('makes a change that needs no look', async () => {
    await older(LOAD, (trx) => addFieldToModel(org, 'invoice', { name: 'c', type: 'Int' }, trx, patient));
    expect((await readTable(db, org, 'invoice'))?.columns.map(({ name }) => name)).toContain('c');
  });
});

describe('a look that the server does not let happen', () => {
  let owner: Knex;

  beforeEach(async () => {
    const role = freshRole();
    await db.raw(`create role ?? login password 'x' in role pg_monitor`, [role]);
    await db.raw('grant all on schema ?? to ??', [org, role]);
    await db.raw('alter table ??.invoice owner to ??', [org, role]);
    const url = Object.assign(new URL(serverUrl()), { username: role, password: 'x' });
    owner = connect({ connection: { connectionString: url.href } });
  });

  it.each([
    ['a policy that fails', `create policy p on :org:.invoice using (id = current_setting('app.tenant')::int)`],
    ['a policy that asks itself', 'create policy p on :org:.invoice using (exists (select from :org:.invoice))'],
    ['a policy that hides all', 'create policy p on :org:.invoice using (false)'],
    ['no right to read', 'revoke all on :org:.invoice from current_user'],
  ])('%s: the change is made, and a refused hazard refused', async (_what, sql) => {
    await db.raw(LOAD, { org });
    await owner.raw(`alter table :org:.invoice enable row level security, force row level security; ${sql}`, { org });
    for (const [what, change] of Object.entries(CHANGES)) {
      const error = await migrationError(change({ ...patient, hazards: 'refuse' }, owner));
      expect([what, error.code]).toEqual([what, 'HAZARD_REFUSED']);
    }
    const { logger, records } = recordedLog();
    await CHANGES['a scan']?.({ ...patient, logger }, owner);
    expect(records().filter(({ message }) => message === 'HAZARD')).not.toEqual([]);
  });

  it('says so where the owner has revoked its own rights, and the table is empty', async () => {
    await owner.raw('revoke all on ??.invoice from current_user', [org]);
    const change = CHANGES['a scan'] as (typeof CHANGES)[string];
    const error = await migrationError(change({ ...patient, hazards: 'refuse' }, owner));
    expect(error).toMatchObject({ code: 'HAZARD_REFUSED', table: 'invoice' });
    expect(error.message).toMatch(/role may not lock .*grant the role SELECT and UPDATE/);
    await owner.raw('grant select, update on ??.invoice to current_user', [org]);
    await change({ ...patient, hazards: 'refuse' }, owner);
  });

  it('is none for row_security = off, nor for a table without rows', async () => {
    await owner.raw('alter table ??.invoice enable row level security, force row level security', [org]);
    await owner.transaction(async (trx) => {
      await trx.raw('set local row_security = off');
      await CHANGES['a scan']?.({ ...patient, hazards: 'refuse' }, trx);
    });
  });
});

describe.each([
  ['a partition', 'create table :org:.tree (id int, a int) partition by list (id)', 'partition of :org:.tree default'],
  ['a child', 'create table :org:.tree (id int, a int)', '() inherits (:org:.tree)'],
])('a table whose rows are all in %s', (_what, tree, leaf) => {
  beforeEach(async () => {
    await db.raw(`${tree}; create table :org:.leaf ${leaf}`, { org });
  });

  const change = (options: ChangeOptions): Promise<unknown> =>
    addFieldToModel(org, 'tree', { name: 'u', type: 'Uuid', default: { fn: 'uuid' } }, db, options);

  it('has rows', async () => {
    await db.raw('insert into ??.leaf values (1, 1)', [org]);
    expect(await migrationError(change({ ...patient, hazards: 'refuse' }))).toMatchObject({ code: 'HAZARD_REFUSED' });
    const { logger, records } = recordedLog();
    await change({ ...patient, logger });
    expect(records().filter(({ message }) => message === 'HAZARD')).toMatchObject([{ kind: 'rewrite', table: 'tree' }]);
  });

  it('has none where the leaf has none', async () => {
    await change({ ...patient, hazards: 'refuse' });
  });

  it('keeps rows out of the leaf, too, before it looks', async () => {
    const other = await db.transaction();
    await other.raw('insert into ??.leaf values (1, 1)', [org]);
    const changed = change({ ...patient, hazards: 'refuse' });
    changed.catch(() => undefined);
    // A row of a partition locks the whole as well.
    await until(async () => (await waitingFor(db, org, 'leaf')) + (await waitingFor(db, org, 'tree')) > 0);
    await other.commit();
    expect(await migrationError(changed)).toMatchObject({ code: 'HAZARD_REFUSED' });
  });
});

it('sees that a field became not nullable while a reference that sets it to null waited for the table', async () => {
  await createModel(org, { table: 'customer', fields: [{ name: 'id', type: 'Int' }] }, db, patient);
  const references = { table: 'customer', columns: ['id'], onDelete: 'SET NULL' } as const;
  const change = behind('alter table :org:.invoice alter a set not null', () =>
    addReference(org, 'invoice', { columns: ['a'], references }, db, patient),
  );
  expect(await migrationError(change)).toMatchObject({ code: 'INVALID_SPEC', column: 'a' });
});

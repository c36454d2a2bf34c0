// All tenants of a server compared with one list of models, in pages.
import type { Knex } from 'knex';
import {
  addFieldToModel,
  createModels,
  createTenant,
  diffModels,
  driftReport,
  fingerprint,
  fingerprints,
  formatDrift,
  inspectTenant,
  MigrationError,
  type DriftReport,
  type ModelSpec,
  type ServerOptions,
} from '../../../lib';
import { memoryTenant } from '../../../lib/testing';
import { quiet } from '../../support/log';
import { inOwnDatabase } from '../../support/own-database';
import { connect, freshOrg } from '../../support/postgres';
import { countedConnect } from '../../support/round-trips';

const options = { logger: quiet };
const db = connect();

/** As a template has them: its references name its own schema. */
const models: ModelSpec[] = [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'], default: 'draft' },
      {
        name: 'customer_id',
        type: 'Int',
        references: { schema: 'template', table: 'customer', column: 'id', onDelete: 'CASCADE' },
      },
    ],
    indexes: [{ columns: ['status'] }],
  },
];

function modelsFor(org: string): ModelSpec[] {
  return JSON.parse(JSON.stringify(models).replaceAll('"template"', JSON.stringify(org))) as ModelSpec[];
}

async function tenantsOf(count: number, on: Knex = db): Promise<string[]> {
  const orgs = Array.from({ length: count }, () => freshOrg());
  for (const org of orgs) {
    await createTenant(org, on, options);
    await createModels(org, modelsFor(org), on, options);
  }
  return orgs;
}

async function last(on: Knex, desired: readonly ModelSpec[], given: ServerOptions): Promise<DriftReport> {
  let found: DriftReport | undefined;
  for await (const report of driftReport(on, desired, given)) found = report;
  return found as DriftReport;
}

it('groups tenants by their differences, and names what is gone', async () => {
  const orgs = await tenantsOf(7);
  for (const org of orgs.slice(0, 4)) await db.raw('alter table ??.invoice drop column status', [org]);
  await db.raw('alter table ??.invoice add column more int', [orgs[3] ?? '']);
  const report = await last(db, models, { orgs: [...orgs, 'nobody'], pageSize: 2 });
  expect(report).toMatchObject({ complete: true, tenants: 7, same: 3, changing: [], gone: ['nobody'] });
  expect(report.groups.map(({ difference: { kind }, tenants, examples }) => [kind, tenants, examples.length])).toEqual([
    ['missingField', 4, 3],
    ['missingIndex', 4, 3],
    ['extraField', 1, 1],
  ]);
  expect(formatDrift(report)).toBe(
    [
      `4 tenants: invoice.status is missing (${orgs.slice(0, 3).join(', ')}, …)`,
      `4 tenants: invoice has no index on status (${orgs.slice(0, 3).join(', ')}, …)`,
      `1 tenant: invoice.more is not a field of the model (${orgs[3]})`,
      '1 tenant without a schema: nobody',
      '3 of 7 tenants are as desired.',
    ].join('\n'),
  );
});

it('gives the report so far after each page, complete only at the end', async () => {
  const orgs = await tenantsOf(5);
  await db.raw('drop table ??.invoice', [orgs[4] ?? '']);
  const reports: DriftReport[] = [];
  for await (const report of driftReport(db, models, { orgs, pageSize: 2 })) reports.push(report);
  expect(reports.map(({ tenants, complete }) => [tenants, complete])).toEqual([
    [2, false],
    [4, false],
    [5, true],
  ]);
  expect(reports.map(({ page }) => page.map(({ org }) => org))).toEqual([[], [], [orgs[4]]]);
});

it('takes one query for each page, whatever is in it', async () => {
  const orgs = await tenantsOf(5);
  const { db: counted, sent } = countedConnect({ pool: { min: 1, max: 1 } });
  await counted.raw('select 1');
  (sent as string[]).length = 0;
  await last(counted, models, { orgs, pageSize: 3 });
  expect(sent).toHaveLength(2);
  await fingerprints(counted, { orgs });
  expect(sent).toHaveLength(3);
});

it.each([
  [4, 3],
  [2, 2],
  [1, 1],
])(
  'with a pool of %i, reads %i pages at the same time, and none after the iteration has ended',
  async (max, atOnce) => {
    const orgs = await tenantsOf(8);
    const own = connect({ pool: { min: 0, max } });
    const reading = new Set<string>();
    let [begun, most] = [0, 0];
    own.on('query', ({ __knexUid: connection }: { readonly __knexUid: string }) => {
      reading.add(connection);
      [begun, most] = [begun + 1, Math.max(most, reading.size)];
    });
    own.on('query-response', (_response, { __knexUid: connection }: { readonly __knexUid: string }) => {
      reading.delete(connection);
    });
    for await (const { tenants } of driftReport(own, models, { orgs, pageSize: 1 })) expect(tenants).toBeGreaterThan(0);
    expect([begun, most]).toEqual([8, atOnce]);

    for await (const { tenants } of driftReport(own, models, { orgs, pageSize: 1 })) {
      expect(tenants).toBe(1);
      break;
    }
    expect(reading.size).toBe(0);
    expect(begun).toBeLessThan(16);
  },
);

it('reads every tenant once, where some come and go between its pages', async () => {
  await inOwnDatabase(async (_url, own) => {
    const orgs = await tenantsOf(6, own);
    const found: string[] = [];
    for await (const { page: differing } of driftReport(own, [], { pageSize: 2 })) {
      found.push(...differing.map(({ org }) => org));
      if (found.length > 2) continue;
      await own.raw('drop schema ?? cascade', [orgs[5] ?? '']);
      orgs.push(...(await tenantsOf(1, own)));
    }
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(orgs.slice(0, 5)));
    expect(found).toContain(orgs[6]);
  });
});

it('reads every tenant of a server, and no other schema', async () => {
  await inOwnDatabase(async (_url, own) => {
    const orgs = await tenantsOf(5, own);
    await own.raw('create schema shared; create table shared.currency (code text primary key)');
    await own.raw('create schema tenant_ddl; create table tenant_ddl.rollout (name text)');
    const report = await last(own, models, { pageSize: 2, sharedSchemas: ['public', 'shared'] });
    expect(report).toMatchObject({ complete: true, tenants: 5, same: 5, groups: [] });
    expect([...(await fingerprints(own, { sharedSchemas: ['public', 'shared'] })).keys()].sort()).toEqual(orgs.sort());
  });
});

describe('a tenant that somebody is changing', () => {
  it.each<[string, (org: string, trx: Knex) => Promise<unknown>]>([
    ['by a change of ours', (org, trx) => addFieldToModel(org, 'invoice', { name: 'more', type: 'Int' }, trx, options)],
    ['by hand', (org, trx) => trx.raw('alter table ??.invoice add column more int', [org])],
    [
      'in its turn, before it has locked a table',
      (org, trx) => trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`tenant_ddl ${org}`]),
    ],
  ])('%s is said to be changing, and not compared', async (_how, change) => {
    const [org = '', other = ''] = await tenantsOf(2);
    await db.raw('alter table ??.invoice drop column status', [org]);
    await db.transaction(async (trx) => {
      await change(org, trx);
      const report = await last(db, models, { orgs: [org, other] });
      expect(report).toMatchObject({ complete: false, tenants: 1, same: 1, changing: [org], groups: [] });
      expect(formatDrift(report)).toContain('The report is not complete.');
    });
    expect(await last(db, models, { orgs: [org, other] })).toMatchObject({ complete: true, tenants: 2, changing: [] });
  });

  it('makes inspectTenant wait only for the text of a check, and never longer than the lock timeout', async () => {
    const [org = ''] = await tenantsOf(1);
    await db.transaction(async (trx) => {
      await trx.raw('lock table ??.invoice in access exclusive mode', [org]);
      await expect(inspectTenant(org, db, { lockTimeoutMs: 100, retry: false })).rejects.toMatchObject({
        code: 'LOCK_TIMEOUT',
        org,
      });
    });
  });
});

it('fails with a typed error where the connection is cut, and has given nothing that is complete', async () => {
  const orgs = await tenantsOf(4);
  const cut = connect({ pool: { min: 0, max: 1 } });
  const { rows } = await cut.raw('select pg_backend_pid() as pid');
  const given: boolean[] = [];
  const read = async (): Promise<void> => {
    for await (const { complete } of driftReport(cut, models, { orgs, pageSize: 1, retry: false })) {
      given.push(complete);
      await db.raw('select pg_terminate_backend(?)', [rows[0].pid]);
      await cut.destroy();
    }
  };
  await expect(read()).rejects.toBeInstanceOf(MigrationError);
  expect(given).toEqual([false]);
});

describe('fingerprints', () => {
  it('are the same for the same tables, however they came about', async () => {
    const [plain = '', other = '', byHand = ''] = await tenantsOf(3);
    await db.raw('alter table ??.invoice add column gone int', [other]);
    await db.raw('alter table ??.invoice drop column gone', [other]);
    await db.raw('alter table ??.invoice drop column status', [byHand]);
    await db.raw(
      "alter table ??.invoice add column status text default 'draft' check (status = 'sent' or status = 'draft')",
      [byHand],
    );
    await db.raw('create index on ??.invoice (status)', [byHand]);
    const prints = await fingerprints(db, { orgs: [plain, other, byHand] });
    expect(prints.get(plain)).toMatch(/^v1:[0-9a-f]{64}$/);
    expect(prints.get(other)).toBe(prints.get(plain));
    // But for the name of the index, which dropIndex goes by.
    await db.raw('drop index ??.invoice_status_idx', [byHand]);
    await db.raw('drop index ??.??', [plain, (await indexOf(plain)).name]);
    const again = await fingerprints(db, { orgs: [plain, byHand] });
    expect(again.get(byHand)).toBe(again.get(plain));
    expect(again.get(plain)).not.toBe(prints.get(plain));
  });

  async function indexOf(org: string): Promise<{ name: string }> {
    const { rows } = await db.raw(
      `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = ?::regclass and not i.indisunique`,
      [`"${org}".invoice`],
    );
    return rows[0];
  }

  it('are those of the models, and of what is read back', async () => {
    const [org = ''] = await tenantsOf(1);
    const print = (await fingerprints(db, { orgs: [org] })).get(org);
    expect(fingerprint(models)).toBe(print);
    expect(fingerprint(await inspectTenant(org, db))).toBe(print);
    expect(fingerprint([...models].reverse())).toBe(print);
  });

  it('differ where there is a difference, also in what no spec says', async () => {
    const orgs = await tenantsOf(6);
    const edits = [
      'alter table ??.invoice alter column status drop default',
      'alter table ??.invoice enable row level security',
      'alter table ??.invoice replica identity full',
      'create view ??.v as select 1 as a',
      'alter table ??.invoice alter column customer_id set not null',
    ];
    for (const [at, sql] of edits.entries()) await db.raw(sql, [orgs[at] ?? '']);
    const prints = await fingerprints(db, { orgs });
    expect(new Set(prints.values()).size).toBe(6);
    for (const [at] of edits.entries())
      expect(diffModels(models, await inspectTenant(orgs[at] ?? '', db))).not.toEqual([]);
  });
});

describe('refuses', () => {
  const read = async (on: unknown, given: ServerOptions = {}, desired: unknown = models): Promise<unknown> =>
    last(on as Knex, desired as ModelSpec[], given);

  it('pg-mem', async () => {
    await expect(read(memoryTenant('acme'))).rejects.toMatchObject({ code: 'UNSUPPORTED_DATABASE' });
  });

  it('what is no Knex, no size of a page, no option and no model, before it reads anything', async () => {
    await expect(read(() => db)).rejects.toMatchObject({ code: 'INVALID_SPEC' });
    await expect(read(db, { pageSize: 0 })).rejects.toMatchObject({ code: 'INVALID_SPEC' });
    await expect(read(db, { pages: 1 } as ServerOptions)).rejects.toMatchObject({ code: 'INVALID_SPEC' });
    await expect(read(db, {}, [{ table: 'a b', fields: [] }])).rejects.toMatchObject({ code: 'INVALID_SPEC' });
  });
});

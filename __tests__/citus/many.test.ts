// Many tenants on Citus: real models, changes at once, a rollout, and all of them compared.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import {
  addFieldToModel,
  applyChanges,
  createModels,
  createTenant,
  diffModels,
  driftReport,
  dropTenant,
  fingerprints,
  inspectTenant,
  renameTenant,
  rollOut,
  rolloutStatus,
  withTenant,
  type Change,
  type DriftReport,
  type ModelSpec,
} from '../../lib';
import { onCitus, placementsOf } from '../support/citus';
import { quiet } from '../support/log';
import { connect, dropAfterTest, freshOrg } from '../support/postgres';
import { warm } from '../support/round-trips';

const EXAMPLES = join(__dirname, '..', '..', 'examples', 'models');
const options = { logger: quiet } as const;
/** All of them share two cores with the nodes. */
const patient = { ...options, lockTimeoutMs: 10_000, retry: { maxAttempts: 5, delayMs: 50 } };
const LONG_MS = 600_000;

/** Of the first three models of the shop. */
const template: readonly ModelSpec[] = [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'], default: 'draft' },
      { name: 'customer_id', type: 'Int', references: { table: 'customer', column: 'id' } },
    ],
    indexes: [{ columns: ['status'] }],
  },
];

async function tenants(count: number, db: Knex): Promise<readonly string[]> {
  const orgs = Array.from({ length: count }, () => freshOrg());
  for (const org of orgs) {
    await createTenant(org, db, patient);
    await createModels(org, template, db, patient);
  }
  return orgs;
}

async function drift(
  db: Knex,
  desired: readonly ModelSpec[],
  orgs?: readonly string[],
): Promise<DriftReport | undefined> {
  let last: DriftReport | undefined;
  for await (const report of driftReport(db, desired, { ...patient, orgs, pageSize: 50 })) last = report;
  return last;
}

const added: Change = { kind: 'addField', table: 'invoice', field: { name: 'note', type: 'Text', default: 'new' } };
const afterwards = template.map((model) =>
  model.table === 'invoice'
    ? { ...model, fields: [...model.fields, added.kind === 'addField' ? added.field : []].flat() }
    : model,
);

onCitus('many tables and tenants', () => {
  let db: Knex;
  beforeEach(() => {
    db = connect();
  });

  it.each(readdirSync(EXAMPLES).filter((name) => name.endsWith('.json')))('creates the models of %s', async (file) => {
    const org = freshOrg();
    const text = readFileSync(join(EXAMPLES, file), 'utf8').replaceAll('"acme-corp"', JSON.stringify(org));
    const models = JSON.parse(text) as ModelSpec[];
    await createTenant(org, db, options);
    await createModels(org, models, db, options);
    expect(diffModels(models, await inspectTenant(org, db, options))).toEqual([]);
    const places = await placementsOf(db, org);
    expect(places).toHaveLength(models.length);
    expect(places.map(({ port }) => typeof port)).toEqual(models.map(() => 'number'));
    await dropTenant(org, db, { ...options, confirm: org });
  });

  it('renames a tenant, on its worker too, in as many round trips as on a plain server', async () => {
    const [org = ''] = await tenants(1, db);
    await db.raw('insert into ??.customer values (1)', [org]);
    const before = await placementsOf(db, org);
    const to = freshOrg('renamed');
    const { db: counted, sent } = await warm();
    await addFieldToModel(org, 'customer', { name: 'a', type: 'Int' }, counted, options);
    sent.length = 0;
    const { statements } = await renameTenant(org, to, counted, options);
    expect(sent).toHaveLength(2);
    expect(statements).toEqual([`alter schema "${org}" rename to "${to}"`]);
    expect(await placementsOf(db, to)).toEqual(before);
    await withTenant(
      to,
      db,
      async (tenant) => {
        await tenant('invoice').insert({ id: 1, customer_id: 1 });
        await addFieldToModel(to, 'invoice', { name: 'note', type: 'Text' }, tenant);
      },
      options,
    );
    expect((await db.raw('select id, note from ??.invoice', [to])).rows).toEqual([{ id: 1, note: null }]);
    const { rows } = await db.raw(
      'select schema_name::text as name from citus_schemas where schema_name::text in (?, ?)',
      [`"${org}"`, `"${to}"`],
    );
    expect(rows).toEqual([{ name: `"${to}"` }]);
  });

  it(
    'makes 40 changes at once, in 20 tenants',
    async () => {
      const orgs = await tenants(20, db);
      const many = connect({ pool: { max: 10 } });
      const changes = orgs.flatMap((org, at) => [
        applyChanges(
          org,
          [added, { kind: 'addIndex', table: 'customer', columns: ['id'], name: 'again' }],
          many,
          patient,
        ),
        withTenant(
          org,
          many,
          async (tenant) => {
            await tenant('customer').insert({ id: at });
            await addFieldToModel(org, 'invoice', { name: 'other', type: 'Int' }, tenant);
          },
          patient,
        ),
      ]);
      const results = await Promise.allSettled(changes);
      expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
      for (const [at, org] of orgs.entries()) {
        const { rows } = await db.raw('select id from ??.customer', [org]);
        expect(rows).toEqual([{ id: at }]);
        const { models } = await inspectTenant(org, db, options);
        const names = models.find(({ table }) => table === 'invoice')?.fields.map(({ name }) => name);
        expect(names?.sort()).toEqual(['customer_id', 'id', 'note', 'other', 'status']);
      }
    },
    LONG_MS,
  );

  it(
    'rolls a change out to 200 tenants, each once, with the ledger on the coordinator, and finds no drift afterwards',
    async () => {
      dropAfterTest('tenant_ddl');
      const orgs = await tenants(200, db);
      const many = connect({ pool: { max: 6 } });
      const report = await rollOut({ name: 'invoice.note', changes: [added] }, many, { ...patient, orgs });
      expect(report).toMatchObject({ state: 'finished', targets: 200, done: 200, failed: 0, pending: 0 });
      expect(await rolloutStatus('invoice.note', db)).toMatchObject({ state: 'finished', done: 200 });
      const { rows } = await db.raw(`select 1 from citus_tables where table_name::text like 'tenant_ddl%'`);
      expect(rows).toEqual([]);
      expect(await drift(db, afterwards, orgs)).toMatchObject({ complete: true, tenants: 200, same: 200 });
      const again = await rollOut({ name: 'invoice.note', changes: [added] }, many, { ...patient, orgs });
      expect(again).toMatchObject({ state: 'finished', done: 200 });
    },
    LONG_MS,
  );

  it('reads all tenants of a coordinator, and takes no schema of Citus for one', async () => {
    const orgs = await tenants(3, db);
    const prints = await fingerprints(db, { ...options });
    expect([...prints.keys()].filter((org) => /^(?:citus|columnar)/.test(org))).toEqual([]);
    expect([...prints.keys()]).toEqual(expect.arrayContaining([...orgs]));
    expect(new Set(orgs.map((org) => prints.get(org))).size).toBe(1);
  });
});

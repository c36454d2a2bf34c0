import type { Knex } from 'knex';
import { createModels, createTenant, withTenant, type Change } from 'tenant-ddl';
import { apply } from './changes';
import { modelsOf, own } from './metadata';
import { writeChange } from './metadata-changes';
import { OPTIONS, QUIET } from './quiet';

const ID = { name: 'id', type: 'Int', identity: true } as const;

const MODELS: readonly Change[] = [
  {
    kind: 'createModel',
    table: 'customer',
    fields: [ID, { name: 'name', type: 'String', nullable: false }, { name: 'email', type: 'String', unique: true }],
  },
  {
    kind: 'createModel',
    table: 'invoice',
    fields: [
      ID,
      { name: 'customer', type: 'Int', references: { table: 'customer', column: 'id' } },
      { name: 'status', type: 'String', default: 'draft' },
      { name: 'amount', type: 'Decimal', precision: 12, scale: 2 },
    ],
  },
  { kind: 'addIndex', table: 'invoice', columns: ['status', 'amount'] },
];

/** A tenant with something in it, where there is none yet. */
export async function fillWhenEmpty(db: Knex): Promise<void> {
  if ((await own(db, 'tenant').first('org')) !== undefined) return;
  const org = 'acme-corp';
  await addTenant(org, db);
  for (const change of MODELS) await apply(org, change, db);
  await withTenant(
    org,
    db,
    async (tenant) => {
      await tenant('customer').insert([
        { name: 'Ada Lovelace', email: 'ada@example.com' },
        { name: 'Grace Hopper', email: 'grace@example.com' },
        { name: 'Edgar Codd', email: 'edgar@example.com' },
      ]);
      await tenant('invoice').insert([
        { customer: 1, status: 'sent', amount: '1250.00' },
        { customer: 2, status: 'draft', amount: '89.90' },
        { customer: 3, status: 'paid', amount: '430.50' },
      ]);
    },
    QUIET,
  );
}

/** The schema and its row of the metadata, in one transaction. */
export async function addTenant(org: string, db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    await createTenant(org, trx, OPTIONS);
    await own(trx, 'tenant').insert({ org });
  });
}

const AT_A_TIME = 4;

/** New tenants with the models of another one, and none of its records. */
export async function copyTenant(org: string, count: number, db: Knex): Promise<void> {
  const models = await modelsOf(org, db);
  const known = new Set((await own(db, 'tenant').pluck('org')) as string[]);
  const names: string[] = [];
  for (let number = 1; names.length < count; number += 1) {
    const name = `${org}-${String(number).padStart(2, '0')}`;
    if (!known.has(name)) names.push(name);
  }
  const copyNext = async (): Promise<void> => {
    for (let name = names.shift(); name !== undefined; name = names.shift()) await copyTo(name, models, db);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, copyNext));
}

async function copyTo(org: string, models: Awaited<ReturnType<typeof modelsOf>>, db: Knex): Promise<void> {
  await addTenant(org, db);
  await withTenant(
    org,
    db,
    async (tenant) => {
      const { statements } = await createModels(org, models, tenant);
      for (const { table, fields, indexes = [] } of models) {
        await writeChange(org, { kind: 'createModel', table, fields }, { statements: [] }, tenant);
        for (const { columns } of indexes) {
          const change = { kind: 'addIndex', table, columns } as const;
          await writeChange(org, change, { statements: [] }, tenant);
        }
      }
      return statements;
    },
    OPTIONS,
  );
}

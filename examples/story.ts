import type { Knex } from 'knex';
import { addFieldToModel, createModel, dropFieldFromModel, withTenant, type TenantKnex } from '../lib';
import { columnsOf } from './catalog';
import { ORG, QUIET } from './org';
import { code, heading, say, sql, table } from './screen';

/** The three calls, and the transaction with metadata that they are made for. */
export async function tell(db: Knex, signal: AbortSignal): Promise<void> {
  await threeCalls(db);
  signal.throwIfAborted();
  await failingHook(db);
  signal.throwIfAborted();
  await showTable(db, 'invoice');
}

async function threeCalls(db: Knex): Promise<void> {
  heading('Three calls in one transaction, each with the SQL that it ran');
  await withTenant(ORG, db, async (tenant) => {
    const invoice = {
      table: 'invoice',
      fields: [
        { name: 'id', type: 'String' },
        { name: 'name', type: 'String', nullable: false },
        { name: 'amount', type: 'Float', default: 0 },
        { name: 'old_field', type: 'Text' },
      ],
    } as const;
    code(`createModel('acme-corp', { table: 'invoice', fields: [id, name, amount, old_field] }, tenant)`);
    sql((await createModel(ORG, invoice, tenant)).statements);

    const status = { name: 'status', type: 'String', nullable: true, default: 'draft' } as const;
    code(`addFieldToModel('acme-corp', 'invoice', { name: 'status', type: 'String', default: 'draft' }, tenant)`);
    sql((await addFieldToModel(ORG, 'invoice', status, tenant)).statements);

    code(`dropFieldFromModel('acme-corp', 'invoice', 'old_field', tenant)`);
    sql((await dropFieldFromModel(ORG, 'invoice', 'old_field', tenant)).statements);
    say('commit; and the log, which tells only of what was committed:');
  });
}

/** A change with its metadata row and a hook, and how to see in the catalog what became of it. */
interface Case {
  readonly call: string;
  readonly change: (tenant: TenantKnex) => Promise<unknown>;
  readonly seen: () => Promise<string>;
}

async function failingHook(db: Knex): Promise<void> {
  heading('In one transaction: a metadata row, the change, then a hook of the service');
  await db.schema.withSchema(ORG).createTable('metadata', (columns) => void columns.text('change').primary());
  const customer = {
    table: 'customer',
    fields: [
      { name: 'id', type: 'Uuid' },
      { name: 'fax', type: 'Text' },
    ],
  } as const;
  const names = async (): Promise<string[]> => (await columnsOf(db, ORG, 'customer')).map(({ name }) => name);
  const cases: readonly Case[] = [
    {
      call: 'createModel customer',
      change: (tenant) => createModel(ORG, customer, tenant),
      seen: async () => ((await names()).length > 0 ? 'table' : 'no table'),
    },
    {
      call: 'addFieldToModel email',
      change: (tenant) => addFieldToModel(ORG, 'customer', { name: 'email', type: 'String' }, tenant),
      seen: async () => ((await names()).includes('email') ? 'column' : 'no column'),
    },
    {
      call: 'dropFieldFromModel fax',
      change: (tenant) => dropFieldFromModel(ORG, 'customer', 'fax', tenant),
      seen: async () => ((await names()).includes('fax') ? 'column' : 'no column'),
    },
  ];
  const rows: string[][] = [];
  for (const { call, change, seen } of cases) {
    const row = [call, await seen()];
    for (const hookThrows of [true, false]) {
      await withMetadata(db, call, change, hookThrows);
      const kept = await db.withSchema(ORG).from('metadata').where({ change: call });
      row.push(`${kept.length === 0 ? 'no row' : 'row'}, ${await seen()}`);
    }
    rows.push(row);
  }
  table(['the change', 'before', 'when the hook throws', 'when it does not'], rows);
  say('Row and table, row and column: both are there, or neither.');
}

async function withMetadata(db: Knex, call: string, change: Case['change'], hookThrows: boolean): Promise<void> {
  const work = async (tenant: TenantKnex): Promise<void> => {
    await tenant('metadata').insert({ change: call });
    await change(tenant);
    if (hookThrows) throw new HookFailed('The hook of the service failed.');
  };
  try {
    await withTenant(ORG, db, work, QUIET);
  } catch (error) {
    if (!(error instanceof HookFailed)) throw error;
  }
}

class HookFailed extends Error {}

async function showTable(db: Knex, name: string): Promise<void> {
  heading(`"${ORG}"."${name}", read from PostgreSQL's catalog`);
  const columns = await columnsOf(db, ORG, name);
  table(
    ['column', 'type', 'nullable', 'default', 'constraint'],
    columns.map((column) => [
      column.name,
      column.type,
      column.nullable ? 'yes' : 'no',
      column.default ?? '',
      column.constraints,
    ]),
  );
}

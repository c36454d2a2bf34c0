// What a change costs the client beside its round trips, by counts: no timed test.
import type { Knex } from 'knex';
import { addFieldToModel, createModels, dropFieldFromModel, withTenant, type ModelSpec } from '../../lib';
import { heapMb } from '../support/heap';
import { quiet } from '../support/log';
import { connect } from '../support/postgres';
import { warm } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest();

/** Twenty models, each of which refers to the one before. */
function chain(): ModelSpec[] {
  return Array.from({ length: 20 }, (_, index) => ({
    table: `model_${index}`,
    fields: [
      { name: 'id', type: 'Int' as const },
      { name: 'code', type: 'String' as const, unique: true },
      ...(index === 0
        ? []
        : [
            {
              name: 'before_id',
              type: 'Int' as const,
              references: { schema: org, table: `model_${index - 1}`, column: 'id', onDelete: 'CASCADE' as const },
            },
          ]),
    ],
  }));
}

it('creates twenty models in two round trips, with each foreign key in its create table', async () => {
  const { db: counted, sent } = await warm();
  const { statements } = await createModels(org, chain(), counted, options);
  expect(sent).toHaveLength(2);
  // A table and a unique each.
  expect(statements).toHaveLength(40);
  expect(statements.filter((sql) => /^create table .* foreign key /.test(sql))).toHaveLength(19);
});

it('asks a connection once which server it leads to', async () => {
  const { db: counted, sent } = await warm();
  await createModels(org, chain().slice(0, 1), counted, options);
  await addFieldToModel(org, 'model_0', { name: 'a', type: 'Int' }, counted, options);
  await addFieldToModel(org, 'model_0', { name: 'b', type: 'Int' }, counted, options);
  expect(sent.filter((sql) => sql.includes('pg_control_system'))).toHaveLength(1);
  // The id of the transaction, by the query itself or by the name that it was prepared under, each time.
  expect(sent.filter((sql) => /pg_current_xact_id|execute tenant_ddl_turn/.test(sql))).toHaveLength(3);
});

it('opens no connection beside the pool for a change that waits for nobody', async () => {
  const { db: counted } = await warm();
  const opens = jest.spyOn(counted.client, 'acquireRawConnection');
  // Long enough for any machine: who blocks is looked for after half of it.
  await createModels(org, chain(), counted, { ...options, lockTimeoutMs: 20_000 });
  expect(opens).not.toHaveBeenCalled();
});

it('writes no SQL for a log whose level leaves it out', async () => {
  const debug = jest.fn();
  const info = jest.fn();
  const logger = { ...quiet, debug, info, isLevelEnabled: (level: string) => level !== 'debug' };
  await createModels(org, chain().slice(0, 1), db, { logger });
  expect(debug).not.toHaveBeenCalled();
  expect(info).toHaveBeenCalledTimes(1);
});

it('leaves no listener behind on a client, a connection or the process', async () => {
  const { db: counted } = await warm();
  await createModels(org, chain().slice(0, 1), counted, options);
  const listeners = async (): Promise<readonly number[]> => {
    const connection = await counted.client.acquireConnection();
    const counts = [counted.client, connection, process].map((emitter: NodeJS.EventEmitter) =>
      emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0),
    );
    await counted.client.releaseConnection(connection);
    return counts;
  };
  await withTenant(org, counted, async () => {}, options);
  const before = await listeners();
  for (let index = 0; index < 25; index += 1) {
    await addFieldToModel(org, 'model_0', { name: `own_${index}`, type: 'Int' }, counted, options);
    await withTenant(
      org,
      counted,
      async (tenant) => addFieldToModel(org, 'model_0', { name: `tenant_${index}`, type: 'Int' }, tenant),
      options,
    );
  }
  expect(await listeners()).toEqual(before);
});

it.each<[string, (change: (tenant: Knex) => Promise<unknown>, single: Knex) => Promise<unknown>]>([
  ['on a bare Knex', (change, single) => change(single)],
  ['in transactions of the caller', (change, single) => single.transaction(change)],
  ['in withTenant', (change, single) => withTenant(org, single, change, options)],
])(
  'leaves nothing on the heap after two thousand changes %s',
  async (_where, run) => {
    const single = connect({ pool: { min: 1, max: 1 } });
    await single.raw('set synchronous_commit = off');
    const changes = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 2) {
        // A table has no room for more columns than 1,600, dropped ones included.
        if (index % 1000 === 0) {
          await single.raw('drop table if exists ??.model_0', [org]);
          await createModels(org, chain().slice(0, 1), single, options);
        }
        const field = { name: `field_${index % 100}`, type: 'Int' } as const;
        await run(async (tenant) => addFieldToModel(org, 'model_0', field, tenant, options), single);
        await run(async (tenant) => dropFieldFromModel(org, 'model_0', field.name, tenant, options), single);
      }
    };
    // Until nothing more is kept, and the code has been compiled.
    await changes(1000);
    const before = heapMb();
    await changes(2000);
    // A kilobyte of each would be two.
    expect(heapMb() - before).toBeLessThan(1);
  },
  60_000,
);

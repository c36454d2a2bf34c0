// PgBouncer between a service and its server: what holds without one holds behind it, in both modes that have transactions.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { allExamples } from '../../docs/examples';
import { addFieldToModel, applyChange, createModel, createTenant, planChange, withTenant } from '../../lib';
import type { ModelSpec } from '../../lib';
import { startProxy } from '../chaos/proxy';
import { columnsOf } from '../support/catalog';
import { exampleTables, inSchemas } from '../support/example-tables';
import type { ExampleSchemas } from '../support/example-tables';
import { quiet } from '../support/log';
import { startPgBouncer } from '../support/pgbouncer';
import type { PgBouncer } from '../support/pgbouncer';
import { connect, freshOrg, serverUrl } from '../support/postgres';
import { migrationError, rejection } from '../support/rejection';
import { BATCH, COMMIT, strikeOnce, throughProxy } from '../support/through-proxy';

const options = { logger: quiet };
const invoice: ModelSpec = { table: 'invoice', fields: [{ name: 'id', type: 'Int' }] };
const patient = { ...options, lockTimeoutMs: 5000, retry: { maxAttempts: 20, delayMs: 10, maxDelayMs: 100 } };

/** By way of the pooler; it says nothing of connections that are lost. */
function through({ url }: Pick<PgBouncer, 'url'>, size = 4): Knex {
  return connect({ connection: { connectionString: url }, pool: { max: size }, log: { warn: () => undefined } });
}

/** A session is the client's until it ends, so that mode needs as many as a test has clients. */
const MODES = [
  { mode: 'session', size: 8, disturbances: ['reconnect', 'kill', 'resume'] },
  { mode: 'transaction', size: 2, disturbances: ['pause', 'resume', 'reconnect', 'kill', 'resume'] },
] as const;

describe.each(MODES)('in $mode mode', ({ mode, size, disturbances }) => {
  let pooler: PgBouncer;
  let db: Knex;
  let direct: Knex;

  beforeAll(async () => {
    pooler = await startPgBouncer(serverUrl(), { mode, size });
  });

  afterAll(() => pooler?.stop());

  beforeEach(() => {
    db = through(pooler);
    direct = connect();
  });

  describe('each example of each operation', () => {
    let schemas: ExampleSchemas;
    let rolledBack: Knex;

    beforeAll(async () => {
      schemas = await exampleTables(connect());
      rolledBack = through(pooler);
    });

    it.each(allExamples())('$kind, $variant, runs as it was planned', async ({ change: example }) => {
      const { org, shared } = schemas;
      const change = inSchemas(example, schemas);
      const plan = planChange(org, change, { sharedSchemas: [shared] });
      const undone = new Error('undone');
      const work = withTenant(
        org,
        rolledBack,
        async (tenant) => {
          const { statements } = await applyChange(org, change, tenant);
          expect(statements).toEqual(plan.steps.map(({ sql }) => sql));
          throw undone;
        },
        { ...options, sharedSchemas: [shared] },
      );
      expect(await rejection(work)).toBe(undone);
    });
  });

  describe('40 changes at once over 10 tenants', () => {
    const clients = mode === 'session' ? size - 2 : 40;
    let orgs: readonly string[];

    beforeEach(async () => {
      orgs = Array.from({ length: 10 }, () => freshOrg());
      for (const org of orgs) {
        await createTenant(org, db, options);
        await createModel(org, invoice, db, options);
      }
    });

    afterEach(async () => {
      for (const org of orgs) expect(await columnsOf(direct, org, 'invoice')).toHaveLength(5);
    });

    it(`are made by ${size} connections to the server`, async () => {
      await fortyChanges(through(pooler, clients), orgs);
    });

    it(`are all made, and once, under ${disturbances.join(', ')} at the pooler`, async () => {
      let isOver = false;
      const changed = fortyChanges(through(pooler, clients), orgs).finally(() => (isOver = true));
      const name = new URL(pooler.url).pathname.slice(1);
      while (!isOver) {
        for (const command of disturbances) await pooler.command(`${command} ${command === 'reconnect' ? '' : name}`);
        await sleep(100);
      }
      await changed;
    });
  });

  it("leaves the settings of the server's sessions as they were, after a change and after one that failed", async () => {
    const org = freshOrg();
    const one = through(pooler, 1);
    const before = await settings(one);
    await createTenant(org, one, options);
    await withTenant(org, one, (tenant) => createModel(org, invoice, tenant), options);
    await migrationError(createModel(org, invoice, one, options));
    await migrationError(addFieldToModel(org, 'nothing', { name: 'a', type: 'Int' }, one, options));
    expect(await settings(one)).toEqual(before);
  });

  it.each([
    ['before it has the COMMIT', false],
    ['once the server has committed', true],
  ])('changes a tenant once, where the pooler is killed %s', async (_when, arrives) => {
    const wire = await throughProxy(pooler.url);
    try {
      const struck = strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        if (arrives) await exchange.ask();
        await pooler.killAndStart();
        exchange.cut();
      });
      await change(wire.db, wire.org);
      await struck;
      expect(await found(direct, wire.org)).toEqual({ columns: ['id', 'amount'], metadata: [{ name: 'amount' }] });
      expect(wire.count(BATCH)).toBe(arrives ? 1 : 2);
      await Promise.all([wire.db.destroy(), wire.admin.destroy()]);
    } finally {
      await wire.proxy.close();
    }
  });

  it.each([
    ['before it has the COMMIT', false],
    ['once it has committed', true],
  ])('changes a tenant once, where the server is cut off the pooler %s', async (_when, arrives) => {
    const proxy = await startProxy(serverUrl());
    const behind = await startPgBouncer(proxy.url, { mode, size });
    try {
      const org = freshOrg();
      await direct.raw('create schema ??', [org]);
      await direct.raw('create table ??.invoice (id int primary key)', [org]);
      await direct.raw('create table ??.metadata (name text)', [org]);
      const service = through(behind);
      const struck = strikeOnce(proxy, COMMIT, async (exchange) => {
        if (arrives) await exchange.ask();
        exchange.cut();
      });
      await change(service, org);
      await struck;
      expect(await found(direct, org)).toEqual({ columns: ['id', 'amount'], metadata: [{ name: 'amount' }] });
      await service.destroy();
    } finally {
      await behind.stop();
      await proxy.close();
    }
  });
});

/** Four fields for each of ten tenants, each in a change of its own. */
async function fortyChanges(db: Knex, orgs: readonly string[]): Promise<void> {
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(
    names.flatMap((name) => orgs.map((org) => addFieldToModel(org, 'invoice', { name, type: 'Int' }, db, patient))),
  );
}

/** A field and its row of metadata, together. */
async function change(db: Knex, org: string): Promise<void> {
  await withTenant(
    org,
    db,
    async (tenant) => {
      await addFieldToModel(org, 'invoice', { name: 'amount', type: 'Float' }, tenant);
      await tenant('metadata').insert({ name: 'amount' });
    },
    patient,
  );
}

async function found(db: Knex, org: string): Promise<unknown> {
  return { columns: await columnsOf(db, org, 'invoice'), metadata: await db('metadata').withSchema(org) };
}

async function settings(db: Knex): Promise<unknown> {
  const { rows } = await db.raw('select name, setting from pg_settings where source = any(?)', [['session', 'client']]);
  return rows;
}

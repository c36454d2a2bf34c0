// What holds on the coordinator holds on the workers: limits, settings, failures, and the end of a transaction.
import { tracingChannel } from 'node:diagnostics_channel';
import { knex, type Knex } from 'knex';
import {
  addFieldToModel,
  addReference,
  alterField,
  applyChange,
  createModel,
  createModels,
  createTenant,
  dropTenant,
  inspectTenant,
  withTenant,
  type ChangeOptions,
  type MigrationError,
  type ModelSpec,
} from '../../lib';
import { onCitus, placementsOf } from '../support/citus';
import { quiet, recordedLog } from '../support/log';
import { connect, freshOrg, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { warm } from '../support/round-trips';

const options = { logger: quiet, retry: { maxAttempts: 1 } } as const;

const models = (org: string): readonly ModelSpec[] => [
  { table: 'customer', fields: [{ name: 'id', type: 'Int' }] },
  {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'amount', type: 'Int' },
      { name: 'note', type: 'Text' },
      { name: 'at', type: 'DateTime' },
      { name: 'status', type: 'Enum', values: ['draft', 'sent'] },
      { name: 'customer_id', type: 'Int', references: { schema: org, table: 'customer', column: 'id' } },
    ],
  },
];

onCitus('on the workers', () => {
  const org = freshOrg();
  let db: Knex;

  beforeEach(async () => {
    db = connect();
    await createTenant(org, db, options);
    await createModels(org, models(org), db, options);
    await db.raw('insert into ??.customer values (1)', [org]);
    await db.raw(
      `insert into ??.invoice values (1, null, '1.5', '2026-07-01 00:30+02', 'draft', 1), (2, 7, 'a secret', null, 'sent', 1), (3, 7, null, null, 'sent', null)`,
      [org],
    );
  });

  afterEach(async () => {
    await dropTenant(org, db, { ...options, confirm: org });
  });

  /** A reader that has come by way of a worker, whom the coordinator does not know. */
  async function whileReadOnItsWorker(table: string, run: () => Promise<void>): Promise<void> {
    const { rows } = await db.raw('select nodeport from citus_shards where table_name = ?::regclass', [
      `"${org}".${table}`,
    ]);
    const url = new URL(serverUrl());
    url.port = String((rows as { nodeport: number }[])[0]?.nodeport);
    const worker = knex({ client: 'pg', connection: url.href, pool: { min: 0, max: 1 } });
    const reader = await worker.transaction();
    try {
      await reader.raw('select * from ??.??', [org, table]);
      await run();
    } finally {
      await reader.rollback();
      await worker.destroy();
    }
  }

  const FAILURES: Record<string, (tenant: Knex) => Promise<unknown>> = {
    NOT_NULL_VIOLATION: (tenant) => alterField(org, 'invoice', 'amount', { nullable: false }, tenant, options),
    UNIQUE_VIOLATION: (tenant) => alterField(org, 'invoice', 'amount', { unique: true }, tenant, options),
    CHECK_VIOLATION: (tenant) => alterField(org, 'invoice', 'status', { values: ['draft'] }, tenant, options),
    CONVERSION_FAILED: (tenant) => alterField(org, 'invoice', 'note', { type: 'Int' }, tenant, options),
    FOREIGN_KEY_VIOLATION: (tenant) =>
      addReference(
        org,
        'invoice',
        { columns: ['amount'], references: { schema: org, table: 'customer', columns: ['id'] } },
        tenant,
        options,
      ),
    MODEL_NOT_FOUND: (tenant) => addFieldToModel(org, 'nothing', { name: 'a', type: 'Int' }, tenant, options),
    FIELD_EXISTS: (tenant) => addFieldToModel(org, 'invoice', { name: 'note', type: 'Int' }, tenant, options),
  };

  it.each(Object.entries(FAILURES))(
    'is told as %s, without a value or a shard, and the transaction goes on',
    async (code, fail) => {
      await db.transaction(async (trx) => {
        await trx.raw('insert into ??.customer values (2)', [org]);
        const error = await migrationError(fail(trx));
        expect(error).toMatchObject({ code, org, table: code === 'MODEL_NOT_FOUND' ? 'nothing' : 'invoice' });
        expect(error.message).not.toMatch(/_\d{6}/);
        expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('secret');
        await addFieldToModel(org, 'invoice', { name: 'added', type: 'Int', default: 4 }, trx, options);
      });
      const { rows } = await db.raw(
        'select added, (select count(*)::int from ??.customer) as customers from ??.invoice where id = 1',
        [org, org],
      );
      expect(rows).toEqual([{ added: 4, customers: 2 }]);
    },
  );

  it('waits for a reader there no longer than lockTimeoutMs', async () => {
    await addFieldToModel(org, 'customer', { name: 'first', type: 'Int' }, db, options);
    await whileReadOnItsWorker('invoice', async () => {
      const limits: ChangeOptions = { ...options, lockTimeoutMs: 300, statementTimeoutMs: 20_000 };
      const error = await migrationError(addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, db, limits));
      expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', sqlState: '55P03', retryScope: 'savepoint' });
    });
  });

  it("leaves a caller's own limits as they were", async () => {
    const shown = (trx: Knex): Knex.Raw =>
      trx.raw(
        `select current_setting('lock_timeout') as here, max(current_setting(case when id > 0 then 'lock_timeout' end)) as there from ??.customer`,
        [org],
      );
    await db.transaction(async (trx) => {
      await trx.raw(`set local lock_timeout = '7s'`);
      await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, trx, { ...options, lockTimeoutMs: 300 });
      const { rows } = await shown(trx);
      expect(rows).toEqual([{ here: '7s', there: '7s' }]);
    });
  });

  it('converts in UTC, whatever the settings of the session and of the worker are', async () => {
    await db.transaction(async (trx) => {
      await trx.raw(`set local timezone = 'Asia/Tokyo'`);
      await alterField(org, 'invoice', 'at', { type: 'Text' }, trx, options);
      expect((await trx.raw('show timezone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }]);
    });
    const { rows } = await db.raw('select "at" from ??.invoice where id = 1', [org]);
    expect(rows).toEqual([{ at: '2026-06-30 22:30:00+00' }]);
  });

  it('refuses a conversion that loses something in a row there, and makes it where that is allowed', async () => {
    await db.raw(`update ??.invoice set note = '1.5'`, [org]);
    await alterField(org, 'invoice', 'note', { type: 'Decimal', precision: 4, scale: 2 }, db, options);
    const rounding = (given: ChangeOptions): Promise<unknown> =>
      alterField(org, 'invoice', 'note', { type: 'Int' }, db, { ...options, ...given });
    expect(await migrationError(rounding({}))).toMatchObject({ code: 'HAZARD_REFUSED' });
    await rounding({ hazards: { dataLoss: 'allow' } });
    const { rows } = await db.raw('select distinct note from ??.invoice', [org]);
    expect(rows).toEqual([{ note: 2 }]);
  });

  it('counts a check that reads the field as a scan of the rows there', async () => {
    await db.raw(`create table ??.checked (x varchar(40) check (x <> ''))`, [org]);
    await db.raw(`insert into ??.checked values ('a')`, [org]);
    const from = { type: 'String', length: 40 } as const;
    const change = { kind: 'alterField', table: 'checked', column: 'x', set: { length: 60 }, from } as const;
    expect(await migrationError(applyChange(org, change, db, { ...options, hazards: 'refuse' }))).toMatchObject({
      code: 'HAZARD_REFUSED',
      message: expect.stringContaining('hazard scan'),
    });
    const log = recordedLog();
    await applyChange(org, change, db, { ...options, logger: log.logger });
    expect(log.records().filter(({ message }) => message === 'HAZARD')).toMatchObject([{ kind: 'scan' }]);
  });

  it('commits rows and tables together, or neither', async () => {
    const change = (fail: boolean): Promise<unknown> =>
      withTenant(
        org,
        db,
        async (tenant) => {
          await tenant('customer').insert({ id: 9 });
          await createModel(org, { table: 'extra', fields: [{ name: 'id', type: 'Int' }] }, tenant);
          await tenant('extra').insert({ id: 1 });
          await addFieldToModel(org, 'extra', { name: 'note', type: 'Text', default: 'new' }, tenant);
          if (fail) throw new Error('no');
        },
        options,
      );
    await expect(change(true)).rejects.toThrow('no');
    expect((await inspectTenant(org, db, options)).models.map(({ table }) => table)).toEqual(['customer', 'invoice']);
    await change(false);
    expect((await db.raw('select * from ??.extra', [org])).rows).toEqual([{ id: 1, note: 'new' }]);
    const places = await placementsOf(db, org);
    expect(new Set(places.map(({ port }) => port)).size).toBe(1);
  });

  it('needs no more round trips than a plain server, once it is known', async () => {
    const { db: counted, sent } = await warm();
    await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int', unique: true }, counted, options);
    sent.length = 0;
    await alterField(org, 'invoice', 'note', { type: 'String', length: 200 }, counted, options);
    expect(sent).toHaveLength(2);
    sent.length = 0;
    await counted.transaction((trx) => addFieldToModel(org, 'invoice', { name: 'b', type: 'Int' }, trx, options));
    expect(sent).toHaveLength(3);
  });

  it('reads a table back with nothing of Citus in it', async () => {
    const { models: read, extras } = await inspectTenant(org, db, options);
    expect(read.map(({ table }) => table)).toEqual(['customer', 'invoice']);
    expect(extras).toEqual([]);
  });

  it('refuses a reference to a table that is on the coordinator alone, in clear words', async () => {
    const shared = freshOrg('local');
    await db.transaction(async (trx) => {
      await trx.raw('set local citus.enable_schema_based_sharding = off');
      await trx.raw('create schema ??', [shared]);
      await trx.raw('create table ??.currency (code int primary key)', [shared]);
    });
    const field = {
      name: 'currency',
      type: 'Int',
      references: { schema: shared, table: 'currency', column: 'code' },
    } as const;
    const error: MigrationError = await migrationError(
      addFieldToModel(org, 'invoice', field, db, { ...options, sharedSchemas: [shared] }),
    );
    expect(error).toMatchObject({ code: 'UNSUPPORTED_DATABASE', sqlState: '42P16', table: 'invoice' });
    expect(error.message).toMatch(
      /cannot refer to .*"currency".*Nothing was changed.*create_reference_table\('.*"currency"'\)/,
    );
    const another = freshOrg();
    await createTenant(another, db, options);
    await createModels(another, [{ table: 'customer', fields: [{ name: 'id', type: 'Int' }] }], db, options);
    const across = { ...field, references: { schema: another, table: 'customer', column: 'id' } } as const;
    const model = { table: 'extra', fields: [{ name: 'id', type: 'Int' }, across] } as const;
    const shares = { ...options, sharedSchemas: [another] };
    for (const refused of [
      () => addFieldToModel(org, 'invoice', across, db, shares),
      () => createModel(org, model, db, shares),
      () =>
        addReference(
          org,
          'invoice',
          { columns: ['amount'], references: { schema: another, table: 'customer', columns: ['id'] } },
          db,
          shares,
        ),
    ])
      expect(await migrationError(refused())).toMatchObject({
        code: 'UNSUPPORTED_DATABASE',
        message: expect.stringMatching(/cannot refer to .*"customer".*create_reference_table/),
      });
  });

  it.each([
    ['rows alone', async () => undefined],
    [
      'rows and a table',
      async (tenant: Knex) =>
        void (await addFieldToModel(org, 'customer', { name: 'a', type: 'Int' }, tenant, options)),
    ],
  ])('tells a deferred key that is violated at COMMIT by its code: %s', async (_what, change) => {
    await db.raw('update ??.invoice set amount = null', [org]);
    await db.raw(
      'alter table ??.invoice add constraint later foreign key (amount) references ??.customer (id) deferrable initially deferred',
      [org, org],
    );
    const violating = withTenant(
      org,
      db,
      async (tenant) => {
        await change(tenant);
        await tenant('invoice').insert({ id: 9, amount: 99 });
      },
      options,
    );
    const error = await migrationError(violating);
    expect(error).toMatchObject({ code: 'FOREIGN_KEY_VIOLATION', sqlState: '23503', retryScope: 'none' });
    expect(error.message).toMatch(/refused to commit .*"invoice".*"later".*Nothing was changed/);
    expect(error.message).not.toMatch(/_\d{6}/);
    expect((await db.raw('select id from ??.invoice where id = 9', [org])).rows).toEqual([]);
  });

  it('shows the statements of a change to its caller, and to nobody who traces it', async () => {
    const events: unknown[] = [];
    const hear = (event: unknown): void => void events.push(event);
    const channel = tracingChannel('tenant-ddl:change');
    const all = { start: hear, end: hear, asyncStart: hear, asyncEnd: hear, error: hear };
    channel.subscribe(all);
    const field = { name: 'a', type: 'Text', default: 'a secret' } as const;
    const { statements } = await addFieldToModel(org, 'customer', field, db, options);
    channel.unsubscribe(all);
    expect(statements.join()).toContain('a secret');
    expect(events).toHaveLength(4);
    expect(JSON.stringify(events)).not.toContain('a secret');
  });

  it('logs a change once', async () => {
    const log = recordedLog();
    await addFieldToModel(org, 'invoice', { name: 'a', type: 'Int' }, db, { ...options, logger: log.logger });
    expect(log.records().map(({ message }) => message)).toEqual(['ADD COLUMN']);
  });
});

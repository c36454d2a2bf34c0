// Lists of changes: all or nothing, in one round trip, and exactly what was planned.
import type { Knex } from 'knex';
import { allExamples } from '../../docs/examples';
import {
  applyChange,
  applyChanges,
  createModel,
  planChange,
  planChanges,
  withTenant,
  type Change,
  type ModelSpec,
} from '../../lib';
import { columnsOf, readTable, tablesOf } from '../support/catalog';
import { exampleTables, inSchemas, type ExampleSchemas } from '../support/example-tables';
import { quiet, recordedLog } from '../support/log';
import { knownTables, observed, strongest, witness, type KnownTable } from '../support/observed';
import { migrationError } from '../support/rejection';
import { needSuperuser } from '../support/rights';
import { countedConnect } from '../support/round-trips';
import { tenantTest } from '../support/tenant-test';

const options = { logger: quiet };

describe('a list', () => {
  const { db, sent } = countedConnect();
  const { org } = tenantTest(options, db);
  const invoice: ModelSpec = {
    table: 'invoice',
    fields: [
      { name: 'id', type: 'Int' },
      { name: 'note', type: 'Text' },
    ],
  };

  /** One of every kind that works on what the ones before it made. */
  const EVERYTHING: readonly Change[] = [
    { kind: 'createModel', table: 'line', fields: [{ name: 'id', type: 'Int' }] },
    { kind: 'addField', table: 'line', field: { name: 'amount', type: 'Float', default: 0 } },
    { kind: 'addIndex', table: 'line', columns: ['amount'], name: 'by_amount' },
    { kind: 'renameField', table: 'line', column: 'amount', to: 'total' },
    { kind: 'alterField', table: 'line', column: 'total', set: { nullable: false } },
    { kind: 'renameModel', table: 'line', to: 'entry' },
    { kind: 'dropIndex', table: 'entry', name: 'by_amount' },
    { kind: 'dropField', table: 'invoice', column: 'note' },
    { kind: 'dropModel', table: 'invoice' },
  ];

  const FAILING: readonly Change[] = [...EVERYTHING, { kind: 'dropModel', table: 'gone' }];

  beforeEach(async () => {
    await createModel(org, invoice, db, options);
  });

  async function expectUntouched(): Promise<void> {
    expect(await tablesOf(db, org)).toEqual(['invoice']);
    expect(await columnsOf(db, org, 'invoice')).toEqual(['id', 'note']);
  }

  it('is made in its order, in one round trip', async () => {
    await withTenant(
      org,
      db,
      async (trx) => {
        const before = sent.length;
        await applyChanges(org, EVERYTHING, trx, options);
        expect(sent).toHaveLength(before + 1);
      },
      options,
    );
    expect(await tablesOf(db, org)).toEqual(['entry']);
    expect((await readTable(db, org, 'entry'))?.columns).toMatchObject([
      { name: 'id' },
      { name: 'total', nullable: false },
    ]);
  });

  it.each<[string, (changes: readonly Change[]) => Promise<unknown>]>([
    ['on a Knex', (changes) => applyChanges(org, changes, db, options)],
    ['in withTenant', (changes) => withTenant(org, db, (trx) => applyChanges(org, changes, trx, options), options)],
    [
      "in a caller's transaction that goes on",
      (changes) =>
        db.transaction(async (trx) => {
          const error = await migrationError(applyChanges(org, changes, trx, options));
          await trx.raw('select 1');
          await expectUntouchedIn(trx);
          throw error;
        }),
    ],
  ])('is not made at all where its last change fails: %s', async (_title, apply) => {
    expect(await migrationError(apply(FAILING))).toMatchObject({ code: 'MODEL_NOT_FOUND', org, table: 'gone' });
    await expectUntouched();
  });

  async function expectUntouchedIn(trx: Knex): Promise<void> {
    expect(await tablesOf(trx, org)).toEqual(['invoice']);
  }

  it('is refused as a whole for one change that is wrong, before anything is sent', async () => {
    const before = sent.length;
    const wrong = { kind: 'dropField', table: 'invoice' } as unknown as Change;
    expect(await migrationError(applyChanges(org, [...EVERYTHING, wrong], db, options))).toMatchObject({
      code: 'INVALID_SPEC',
    });
    expect(sent).toHaveLength(before);
  });

  it('leaves one record for each change that ran, and none for a list that failed but of the failure', async () => {
    const log = recordedLog();
    await applyChanges(org, EVERYTHING, db, { logger: log.logger, hazards: 'allow' });
    expect(log.records().map(({ message }) => message)).toEqual([
      'CREATE TABLE',
      'ADD COLUMN',
      'CREATE INDEX',
      'RENAME COLUMN',
      'ALTER COLUMN',
      'RENAME TABLE',
      'DROP INDEX',
      'DROP COLUMN',
      'DROP TABLE',
    ]);
    const failed = recordedLog();
    await migrationError(applyChanges(org, EVERYTHING, db, { logger: failed.logger, hazards: 'allow' }));
    expect(failed.records().filter(({ level }) => level === 'info')).toEqual([]);
    expect(failed.records()).not.toEqual([]);
  });
});

describe('on the tables of the examples', () => {
  const session = witness();
  let schemas: ExampleSchemas;
  let tables: readonly KnownTable[];

  beforeAll(async () => {
    needSuperuser('set log_statement');
    schemas = await exampleTables(session.db);
    tables = await knownTables(session.db, Object.values(schemas));
    // The server then sends every line of its log about statements to this session as well.
    await session.db.raw(`set log_statement = 'all'`);
  });

  describe.each(allExamples())('$kind, $variant', ({ change: example }) => {
    it('runs what was planned, to the letter, and nothing else that changes anything', async () => {
      const { org, shared } = schemas;
      const change = inSchemas(example, schemas);
      const plan = planChange(org, change, { sharedSchemas: [shared] });
      const trx = await session.db.transaction();
      try {
        session.heard();
        const result = await applyChange(org, change, trx, { ...options, sharedSchemas: [shared] });
        const batches = session.heard().flatMap((line) => /^statement: (.*)$/s.exec(line)?.[1] ?? []);
        expect(batches).toHaveLength(1);
        expect(
          remainder(
            batches[0] ?? '',
            plan.steps.map(({ sql }) => sql),
          )
            .replace(/'(?:''|[^'])*'/g, "'…'")
            .replace(/alter table only \S+ set without oids/g, LOCK_ALONE),
        ).not.toMatch(CHANGES);
        expect(result.statements).toEqual(plan.steps.map(({ sql }) => sql));
        const fromJson = JSON.parse(JSON.stringify(result.changes)) as Change[];
        expect(planChanges(org, fromJson, { sharedSchemas: [shared] })).toEqual(plan);
      } finally {
        await trx.rollback();
      }
    });
  });

  /** Lists in which a name means one table after the other. */
  const LISTS: Readonly<Record<string, readonly Change[]>> = {
    'a model that is dropped and created again': [
      { kind: 'dropModel', table: 'setting' },
      { kind: 'createModel', table: 'setting', fields: [{ name: 'id', type: 'Int' }] },
      { kind: 'addIndex', table: 'setting', columns: ['id'] },
    ],
    'a model that is renamed, and another of its name': [
      { kind: 'renameModel', table: 'invoice', to: 'bill' },
      { kind: 'createModel', table: 'invoice', fields: [{ name: 'id', type: 'Int' }] },
      { kind: 'addField', table: 'invoice', field: { name: 'token', type: 'Uuid', default: { fn: 'uuid' } } },
    ],
    'a model that is renamed and then changed': [
      { kind: 'renameModel', table: 'customer', to: 'client' },
      { kind: 'addField', table: 'client', field: { name: 'token', type: 'Uuid', default: { fn: 'uuid' } } },
    ],
    'a new model that is renamed and then changed': [
      { kind: 'createModel', table: 'a', fields: [{ name: 'id', type: 'Int' }] },
      { kind: 'renameModel', table: 'a', to: 'b' },
      { kind: 'addIndex', table: 'b', columns: ['id'] },
    ],
    'two models that refer to each other and to one that is there': [
      {
        kind: 'createModel',
        table: 'a',
        fields: [
          { name: 'id', type: 'Int' },
          {
            name: 'b',
            type: 'Int',
            references: { schema: 'acme-corp', table: 'b', column: 'id', onDelete: 'CASCADE' },
          },
        ],
      },
      {
        kind: 'createModel',
        table: 'b',
        fields: [
          { name: 'id', type: 'Int' },
          {
            name: 'a',
            type: 'Int',
            references: { schema: 'acme-corp', table: 'a', column: 'id', onDelete: 'CASCADE' },
          },
          {
            name: 'c',
            type: 'Int',
            references: { schema: 'acme-corp', table: 'customer', column: 'id', onDelete: 'CASCADE' },
          },
        ],
      },
    ],
    'the model and then what it refers to, dropped': [
      { kind: 'dropModel', table: 'line', referencing: [{ schema: 'acme-corp', table: 'invoice' }] },
      { kind: 'dropModel', table: 'invoice', referencing: [{ schema: 'acme-corp', table: 'customer' }] },
    ],
  };

  it.each(Object.keys(LISTS))('a list locks, rewrites and scans what is planned: %s', async (title) => {
    const { org } = schemas;
    const changes = inSchemas(LISTS[title] ?? [], schemas);
    const { steps } = planChanges(org, changes);
    const seen = await observed(session, tables, (trx) => applyChanges(org, changes, trx, options));
    expect(seen).toMatchObject({
      locks: strongest(steps.flatMap(({ locks }) => locks)),
      rewritesTable: steps.some(({ rewritesTable }) => rewritesTable),
      scansTable: steps.some(({ scansTable }) => scansTable),
    });
  });

  it('a list refuses the hazard of a table by the name that it has before', async () => {
    const { org } = schemas;
    for (const title of [
      'a model that is renamed and then changed',
      'a model that is renamed, and another of its name',
    ]) {
      const hazards = title.endsWith('changed') ? { rewrite: 'refuse' as const } : 'refuse';
      const error = await migrationError(applyChanges(org, LISTS[title] ?? [], session.db, { ...options, hazards }));
      expect(error).toMatchObject({ code: 'HAZARD_REFUSED' });
    }
    const fresh = await observed(session, tables, (trx) =>
      applyChanges(org, LISTS['a new model that is renamed and then changed'] ?? [], trx, {
        ...options,
        hazards: { rewrite: 'refuse', indexBuild: 'refuse' },
      }),
    );
    expect(fresh.locks).toEqual([]);
  });
});

/** What would change something. */
/** What takes the lock of a table, and changes nothing of it. */
const LOCK_ALONE = 'the lock alone';

const CHANGES = /\b(?:create|alter|drop|comment|truncate|insert|update|delete)\b/i;

/** A batch without these statements, in this order, and without the blocks that only look. */
function remainder(batch: string, statements: readonly string[]): string {
  let rest = batch;
  let kept = '';
  for (const sql of statements) {
    const at = rest.indexOf(sql);
    if (at < 0) throw new Error(`Planned and not run: ${sql}`);
    kept += rest.slice(0, at);
    rest = rest.slice(at + sql.length);
  }
  return (kept + rest).replaceAll(/do \$tenant_ddl\$(?:(?!execute).)*?\$tenant_ddl\$/gs, '');
}

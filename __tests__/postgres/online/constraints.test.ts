// Constraints on a table in use: NOT VALID, and then validated, with the same table at the end as the plain change makes.
import type { Knex } from 'knex';
import { abandonOnline, applyChange, applyOnline, planOnline, type Change } from '../../../lib';
import { checkedChanges } from '../../../lib/plan/checked-changes';
import { onlineWay } from '../../../lib/plan/online/online-plan';
import type { CheckedChange } from '../../../lib/plan/operations';
import type { Identifier } from '../../../lib/sql/identifier';
import { quiet, recordedLog } from '../../support/log';
import { ORG, createInvoices, recordsOf, schemaOf, withInvoices } from '../../support/online';
import { migrationError } from '../../support/rejection';

const options = { logger: quiet };

const reference: Change = {
  kind: 'addReference',
  table: 'invoice',
  columns: ['customer_id'],
  references: { table: 'customer', columns: ['id'], onDelete: 'CASCADE' },
};
const notNull: Change = {
  kind: 'alterField',
  table: 'invoice',
  column: 'status',
  set: { nullable: false, default: 'draft' },
};
const unique: Change = {
  kind: 'alterField',
  table: 'invoice',
  column: 'code',
  set: { unique: true, nullable: false, comment: 'c' },
};
const statusEnum: Change = {
  kind: 'addField',
  table: 'invoice',
  field: { name: 'kind', type: 'Enum', values: ['a', 'b'], default: 'a' },
};
const newValues: Change = {
  kind: 'alterField',
  table: 'invoice',
  column: 'kind',
  set: { values: ['a', 'b', 'c'], nullable: false },
};
const uniqueField: Change = {
  kind: 'addField',
  table: 'invoice',
  field: { name: 'number', type: 'Int', unique: true, comment: 'n' },
};
const referring: Change = {
  kind: 'addField',
  table: 'invoice',
  field: { name: 'payer_id', type: 'Int', default: 3, references: { table: 'customer', column: 'id' } },
};

const CASES: readonly (readonly [string, readonly Change[], readonly string[]])[] = [
  ['a reference', [reference], ['add constraint', 'validate']],
  ['NOT NULL, with a default', [notNull], ['add checks', 'validate', 'finish']],
  ['unique and NOT NULL, with a comment', [unique], ['add checks', 'validate', 'build index', 'finish']],
  ['an Enum with a default', [statusEnum], ['add field', 'validate']],
  ['new values of an Enum', [statusEnum, newValues], ['add checks', 'validate', 'finish']],
  ['a unique field', [uniqueField], ['add field', 'build index', 'attach constraint']],
  ['a field that refers, with a default', [referring], ['add field', 'validate']],
];

it.each(CASES)('makes of %s the table that the plain change makes', (_what, changes, names) =>
  withInvoices(1000, async (db) => {
    const last = changes.at(-1) as Change;
    for (const change of changes.slice(0, -1)) await applyChange(ORG, change, db, { ...options, hazards: 'allow' });
    const result = await applyOnline(ORG, last, db, options);
    expect(result.stages.map(({ name }) => name)).toEqual(names);
    await createInvoices(db, 'plain', 10);
    for (const change of changes) await applyChange('plain', change, db, { ...options, hazards: 'allow' });
    expect(await schemaOf(db, ORG)).toEqual(await schemaOf(db, 'plain'));
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it.each(CASES)('reads no row of %s under a lock that blocks others', (_what, changes) =>
  withInvoices(1000, async (db) => {
    const last = changes.at(-1) as Change;
    for (const change of changes.slice(0, -1)) await applyChange(ORG, change, db, { ...options, hazards: 'allow' });
    const { stages } = planOnline(ORG, last);
    for (const { transactional, steps } of stages) {
      if (transactional) expect(steps.filter((step) => step.scansTable || step.rewritesTable)).toEqual([]);
    }
    const before = await seqRows(db);
    await applyOnline(ORG, last, db, options);
    // A build reads the table twice.
    const passes = stages.map(({ name }) => ({ 'build index': 2, validate: 1 })[name] ?? 0);
    const most = checksOf(last) + passes.reduce((sum, each) => sum + each, 0);
    expect(((await seqRows(db)) - before) / 1000).toBeLessThanOrEqual(most);
  }),
);

const REFUSED: readonly (readonly [string, string, Change, object])[] = [
  [
    'orphans',
    `update ??.invoice set customer_id = 9999 where id < 4`,
    reference,
    { code: 'FOREIGN_KEY_VIOLATION', column: 'customer_id' },
  ],
  [
    'NULLs',
    `update ??.invoice set status = null where id < 4`,
    notNull,
    { code: 'NOT_NULL_VIOLATION', column: 'status' },
  ],
  [
    'duplicates',
    `update ??.invoice set code = 'secret' where id < 4`,
    unique,
    { code: 'UNIQUE_VIOLATION', column: 'code' },
  ],
  [
    'other values',
    `update ??.invoice set status = 'secret' where id < 4`,
    {
      kind: 'alterField',
      table: 'invoice',
      column: 'status',
      set: { type: 'Enum', values: ['draft', 'sent'] },
      from: { type: 'Text' },
    },
    { code: 'CHECK_VIOLATION', column: 'status' },
  ],
  [
    'rows, of a field that needs a value and has none',
    `select ??`,
    { kind: 'addField', table: 'invoice', field: { name: 'must', type: 'Int', nullable: false } },
    { code: 'NOT_NULL_VIOLATION', column: 'must' },
  ],
  [
    'rows, of a unique field with a default',
    `select ??`,
    { kind: 'addField', table: 'invoice', field: { name: 'one', type: 'Int', unique: true, default: 7 } },
    { code: 'UNIQUE_VIOLATION', column: 'one' },
  ],
  [
    'rows, of a field whose default refers to nothing',
    `select ??`,
    {
      ...referring,
      field: { name: 'payer_id', type: 'Int', default: 7777, references: { table: 'customer', column: 'id' } },
    },
    { code: 'FOREIGN_KEY_VIOLATION', column: 'payer_id' },
  ],
];

it.each(REFUSED)('counts %s before the first stage, and leaves nothing', (_what, sql, change, expected) =>
  withInvoices(100, async (db) => {
    if (!sql.startsWith('select')) await db.raw(sql, [ORG]);
    const before = await schemaOf(db, ORG);
    const { logger, text } = recordedLog('debug');
    const error = await migrationError(applyOnline(ORG, change, db, { logger }));
    expect(error).toMatchObject({ ...expected, org: ORG, table: 'invoice' });
    expect(error.message).toMatch(/\d+ in the way: \w+\.$/);
    expect(error.message + text()).not.toMatch(/secret|9999|7777/);
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }),
);

it('takes all back where a row comes in that the last stages cannot take', () =>
  withInvoices(100, async (db) => {
    const before = await schemaOf(db, ORG);
    // After the checks have counted, and before the key is there.
    let spoiled: Promise<unknown> | undefined;
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stage === 'add constraint')
        spoiled = db.raw(`insert into ??.invoice values (0, 'x', 'draft', 9999)`, [ORG]).then();
    };
    // The constraint waits for the insert, which came first.
    const held = await db.transaction();
    await held.raw(`lock table ??.customer in share row exclusive mode`, [ORG]);
    const changing = migrationError(applyOnline(ORG, reference, db, { ...options, onProgress }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await spoiled;
    await held.commit();
    expect(await changing).toMatchObject({ code: 'FOREIGN_KEY_VIOLATION', sqlState: '23503' });
    expect(await schemaOf(db, ORG)).toEqual(before);
    expect(await recordsOf(db)).toEqual([]);
  }));

describe.each(CASES)('%s', (_what, changes) => {
  const last = changes.at(-1) as Change;
  const { stages } = planOnline(ORG, last);
  const points = stages.map(({ name }, at) => [at, name] as const).slice(1);

  it.each(points)('goes on with stage %i (%s) after a crash before it, and can be taken back there', (at, name) =>
    withInvoices(100, async (db) => {
      for (const change of changes.slice(0, -1)) await applyChange(ORG, change, db, { ...options, hazards: 'allow' });
      const before = await schemaOf(db, ORG);
      const stopped = async (): Promise<void> => {
        const stop = new AbortController();
        const onProgress = ({ stage }: { stage: string }): void => {
          if (stage === name) stop.abort(new Error('stop'));
        };
        const error = await migrationError(applyOnline(ORG, last, db, { ...options, onProgress, signal: stop.signal }));
        expect(error).toMatchObject({ code: 'ABORTED' });
        expect(await recordsOf(db)).toEqual([{ table: 'invoice', stage: at }]);
      };
      await stopped();
      expect(await abandonOnline(ORG, 'invoice', db, options)).toMatchObject({ change: { kind: last.kind } });
      expect(await schemaOf(db, ORG)).toEqual(before);
      expect(await recordsOf(db)).toEqual([]);
      await stopped();
      const result = await applyOnline(ORG, last, db, options);
      expect(result).toMatchObject({ resumed: true });
      expect(result.stages.map((stage) => stage.name)).toEqual(stages.slice(at).map((stage) => stage.name));
      await createInvoices(db, 'plain', 10);
      for (const change of changes) await applyChange('plain', change, db, { ...options, hazards: 'allow' });
      expect(await schemaOf(db, ORG)).toEqual(await schemaOf(db, 'plain'));
    }),
  );
});

/** How many looks at the table come before the first stage. */
function checksOf(change: Change): number {
  const way = onlineWay(ORG as Identifier, checkedChanges(ORG as Identifier, [change], [])[0] as CheckedChange);
  return way.as === 'stages' ? way.checks.length : 0;
}

async function seqRows(db: Knex): Promise<number> {
  // Before 15, a session that is idle keeps what it has counted to itself until it ends.
  await db.destroy();
  db.initialize();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const { rows } = await db.raw(
    `select seq_tup_read::int as n from pg_stat_user_tables where schemaname = ? and relname = 'invoice'`,
    [ORG],
  );
  return (rows[0] as { n: number }).n;
}

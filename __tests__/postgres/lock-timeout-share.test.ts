// How long each lock of a change is waited for: readers of the first table wait behind all the others.
import { addFieldToModel, applyChange, applyChanges, type Change } from '../../lib';
import type { KeysOf } from '../../lib/plan/plan';
import { fieldShare, keyedShare, keysAsJson, sharedTablesIn } from '../../lib/run/wire/keyed-share';
import { lockTimeoutShare, type Shared } from '../../lib/run/wire/lock-timeout-share';
import type { Identifier } from '../../lib/sql/identifier';
import { migrationError } from '../support/rejection';
import { tenantTest } from '../support/tenant-test';

const { db, org, options } = tenantTest({ retry: { maxAttempts: 1 } });

beforeEach(async () => {
  await db.raw(
    `create table :org:.plain (id int);
    create table :org:.parts (id int) partition by list (id);
    create table :org:.part_1 partition of :org:.parts for values in (1);
    create table :org:.part_2 partition of :org:.parts for values in (2) partition by list (id);
    create table :org:.part_2_a partition of :org:.part_2 for values in (2);
    create table :org:.parent (id int);
    create table :org:.child () inherits (:org:.parent);
    create table :org:.grandchild () inherits (:org:.child)`,
    { org },
  );
});

/** What `lock_timeout` is for each lock, out of so many milliseconds. */
async function shareOf(shared: Shared, tables: string, ms: number): Promise<string> {
  return db.transaction(async (trx) => {
    await trx.raw(`set local lock_timeout = ${ms}`);
    await trx.raw(`select ${lockTimeoutShare(shared, ':tables', ':ms')}`, { tables, ms: String(ms) });
    const { rows } = await trx.raw('show lock_timeout');
    return (rows as [{ lock_timeout: string }])[0].lock_timeout;
  });
}

it.each<[string[], string]>([
  [['plain'], '900ms'],
  [['not there'], '900ms'],
  [['plain', 'not there'], '450ms'],
  [['parts'], '225ms'],
  [['parent'], '300ms'],
  [['parts', 'parent', 'plain'], '112ms'],
])('shares 900 ms among %j and what belongs to them: %s each', async (tables, share) => {
  const quoted = tables.map((table) => `"${org}"."${table}"`);
  expect(await shareOf('several', JSON.stringify(quoted), 900)).toBe(share);
  if (quoted.length === 1) expect(await shareOf('one', quoted[0] as string, 900)).toBe(share);
});

it('never waits without an end, however many there are', async () => {
  expect(await shareOf('one', `"${org}"."parts"`, 2)).toBe('1ms');
});

it('gives up a partitioned table after the share of one partition, not after the whole time', async () => {
  const other = await db.transaction();
  await other.raw('select from ??.part_2_a', [org]);
  const startedAt = performance.now();
  const limits = { ...options, lockTimeoutMs: 8000 };
  const error = await migrationError(addFieldToModel(org, 'parts', { name: 'a', type: 'Int' }, db, limits));
  expect(error).toMatchObject({ code: 'LOCK_TIMEOUT' });
  // A quarter of it, and time to spare.
  expect(performance.now() - startedAt).toBeLessThan(6000);
  await other.commit();
});

describe('with the foreign keys that a change drops', () => {
  beforeEach(async () => {
    await db.raw(
      `create table :org:.customer (id int primary key, code int unique);
      create table :org:.currency (id int primary key);
      create table :org:.region (id int primary key) partition by list (id);
      create table :org:.region_1 partition of :org:.region for values in (1);
      create table :org:.bill (id int primary key, note text,
        customer int references :org:.customer, other int references :org:.customer,
        currency int references :org:.currency, parent int references :org:.bill);
      create table :org:.line (id int, bill int references :org:.bill, region int references :org:.region);
      create table :org:.tariff (id int, currency int references :org:.currency) partition by list (id);
      create table :org:.tariff_1 partition of :org:.tariff for values in (1);
      create table :org:.stock (id int, customer_code int references :org:.customer (code))`,
      { org },
    );
  });

  function keyed(table: string, column?: string, bothEnds?: true): Promise<string> {
    const keys: KeysOf[] = [{ table: table as Identifier, column: column as Identifier | undefined, bothEnds }];
    const tables = JSON.stringify([`"${org}"."${table}"`]);
    const json = keysAsJson(org as Identifier, keys);
    return shareBy(keyedShare(':tables', ':json', ':ms'), { tables, json });
  }

  function ofField(table: string, field: string): Promise<string> {
    return shareBy(fieldShare(':table', ':field', ':ms'), { table: `"${org}"."${table}"`, field });
  }

  async function shareBy(share: string, values: Readonly<Record<string, string>>): Promise<string> {
    return db.transaction(async (trx) => {
      await trx.raw('set local lock_timeout = 1200');
      const answer = await trx.raw(`select ${share}`, { ...values, ms: '1200' });
      expect(sharedTablesIn([answer])).toEqual([]);
      const { rows } = await trx.raw('show lock_timeout');
      return (rows as [{ lock_timeout: string }])[0].lock_timeout;
    });
  }

  it.each<[string, string | undefined, true | undefined, string]>([
    // Itself, and what it refers to: each once, itself not again.
    ['bill', undefined, undefined, '400ms'],
    ['bill', 'note', undefined, '1200ms'],
    ['bill', 'customer', undefined, '600ms'],
    ['bill', 'not there', undefined, '1200ms'],
    ['not there', 'id', undefined, '1200ms'],
    ['bill', 'parent', true, '1200ms'],
    ['bill', 'not there', true, '1200ms'],
    ['not there', 'id', true, '1200ms'],
    // What refers to the column: line, and bill itself.
    ['bill', 'id', true, '600ms'],
    ['bill', 'id', undefined, '1200ms'],
    ['customer', 'id', true, '600ms'],
    ['customer', 'code', true, '600ms'],
    // A table in partitions, at either end.
    ['line', 'region', undefined, '400ms'],
    ['tariff', 'currency', undefined, '400ms'],
    ['tariff', 'currency', true, '400ms'],
    ['tariff', 'id', undefined, '600ms'],
  ])('shares 1200 ms of %s, column %s, both ends %s: %s each', async (table, column, bothEnds, share) => {
    expect(await keyed(table, column, bothEnds)).toBe(share);
    if (column !== undefined && bothEnds !== true) expect(await ofField(table, column)).toBe(share);
  });

  it.each<[string, string, readonly Change[]]>([
    ['dropModel', 'customer', [{ kind: 'dropModel', table: 'stock' }]],
    ['dropField', 'region_1', [{ kind: 'dropField', table: 'line', column: 'region' }]],
    ['a change of type', 'bill', [{ kind: 'alterField', table: 'line', column: 'bill', set: { type: 'BigInt' } }]],
    [
      'a change of type of what is referred to',
      'stock',
      [{ kind: 'alterField', table: 'customer', column: 'code', set: { type: 'BigInt' } }],
    ],
    [
      'a drop after renames',
      'customer',
      [
        { kind: 'renameField', table: 'stock', column: 'customer_code', to: 'code' },
        { kind: 'renameModel', table: 'stock', to: 'shelf' },
        { kind: 'dropField', table: 'shelf', column: 'code' },
      ],
    ],
  ])('%s gives up %s, which referencing does not name, after its share', async (_what, held, changes) => {
    const reader = await db.transaction();
    await reader.raw('select from ??.??', [org, held]);
    const startedAt = performance.now();
    const limits = { ...options, lockTimeoutMs: 4000, hazards: 'allow' } as const;
    expect(await migrationError(applyChanges(org, changes, db, limits))).toMatchObject({ code: 'LOCK_TIMEOUT' });
    // Half of it at most, and time to spare.
    expect(performance.now() - startedAt).toBeLessThan(3500);
    await reader.commit();
  });

  it('is over within lockTimeoutMs where two tables at the other ends are held, one after the other', async () => {
    await db.raw('drop table ??.line', [org]);
    const [first, second] = [await db.transaction(), await db.transaction()];
    await first.raw('select from ??.customer', [org]);
    await second.raw('select from ??.currency', [org]);
    // Let go of shortly before it is over: the second one would be waited for as long again.
    const released = setTimeout(() => void first.commit(), 1700);
    const startedAt = performance.now();
    const dropped = applyChange(org, { kind: 'dropModel', table: 'bill' }, db, { ...options, lockTimeoutMs: 2000 });
    expect(await migrationError(dropped)).toMatchObject({ code: 'LOCK_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(2500);
    clearTimeout(released);
    if (!first.isCompleted()) await first.rollback();
    await second.rollback();
  });
});

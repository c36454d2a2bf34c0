// How long each lock of a change is waited for: readers of the first table wait behind all the others.
import { addFieldToModel, createTenant } from '../../lib';
import { lockTimeoutShare, type Shared } from '../../lib/run/wire/lock-timeout-share';
import { quiet } from '../support/log';
import { connect, freshOrg } from '../support/postgres';
import { migrationError } from '../support/rejection';

const db = connect();
const options = { logger: quiet, retry: { maxAttempts: 1 } } as const;
let org: string;

beforeEach(async () => {
  org = freshOrg();
  await createTenant(org, db, options);
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

// Online changes beside each other: of twenty tenants, and of one tenant together with a plain change.
import type { Knex } from 'knex';
import { applyChange, applyOnline, type Change } from '../../../lib';
import { retype } from '../../support/invoices';
import { quiet, recordedLog } from '../../support/log';
import { ORG, createInvoices, recordsOf, schemaOf, withInvoices } from '../../support/online';
import { connect } from '../../support/postgres';
import { until } from '../../support/through-proxy';

const TENANTS = Array.from({ length: 20 }, (_, index) => `t-${index}`);

const byStatus: Change = { kind: 'addIndex', table: 'invoice', columns: ['status'] };
const unique: Change = { kind: 'alterField', table: 'invoice', column: 'code', set: { unique: true, nullable: false } };
const note: Change = { kind: 'addField', table: 'invoice', field: { name: 'note', type: 'Text' } };
const remark: Change = { kind: 'addField', table: 'customer', field: { name: 'remark', type: 'Text' } };
const drafts: Change = { ...byStatus, columns: ['id'], where: [{ column: 'status', equals: 'draft' }], name: 'drafts' };

it.each<Change>([unique, drafts, retype('customer_id', { type: 'Int' }, { type: 'BigInt' })])(
  'changes twenty tenants at once, and none has to try again for another: %j',
  (change) =>
    withInvoices(
      200,
      async (own, url) => {
        const db = connect({ connection: { connectionString: url }, pool: { min: 0, max: 42 } });
        const { logger, records } = recordedLog();
        const results = await Promise.all(TENANTS.map((org) => applyOnline(org, change, db, { logger })));
        expect(results.map(({ attempts, resumed }) => [attempts, resumed])).toEqual(TENANTS.map(() => [1, false]));
        // Each attempt that fails is a record, also of a brief lock.
        expect(records().filter(({ level }) => level !== 'info')).toEqual([]);
        await createInvoices(own, 'plain', 10);
        await applyChange('plain', change, own, { logger: quiet, hazards: 'allow' });
        const expected = await schemaOf(own, 'plain');
        for (const org of TENANTS) expect([org, await schemaOf(own, org)]).toEqual([org, expected]);
        expect(await recordsOf(own)).toEqual([]);
        await db.destroy();
      },
      TENANTS,
    ),
  60_000,
);

it('ends two online changes and a plain one of the same table, all at once', () =>
  withInvoices(2000, async (db, url) => {
    const pools = [1, 2, 3].map(() => connect({ connection: { connectionString: url } }));
    const [a, b, c] = pools as [Knex, Knex, Knex];
    const holder = await db.transaction({ isolationLevel: 'repeatable read' });
    await holder.raw('select count(*) from pg_class');
    // One of the two builds, and waits for the holder; the other waits for its lease.
    const options = { logger: quiet };
    const online = [applyOnline(ORG, byStatus, a, options), applyOnline(ORG, unique, b, options)];
    await until(async () => (await building(db)) === 1);
    const retry = { maxAttempts: 20, delayMs: 50, maxDelayMs: 100 };
    const plain = applyChange(ORG, note, c, { ...options, lockTimeoutMs: 300, retry });
    // A plain change of another table of the tenant waits for neither.
    await applyChange(ORG, remark, db, options);
    expect(await building(db)).toBe(1);
    // Nobody waits on the server for the lease, which would be a snapshot that a build waits for in turn.
    const waiting = await leaseWaiters(db);
    await holder.rollback();
    await Promise.all([...online, plain]);
    expect(waiting).toBe(0);
    for (const pool of pools) await pool.destroy();
    await createInvoices(db, 'plain', 10);
    for (const change of [byStatus, unique, note, remark])
      await applyChange('plain', change, db, { ...options, hazards: 'allow' });
    expect(await schemaOf(db, ORG)).toEqual(await schemaOf(db, 'plain'));
    expect(await recordsOf(db)).toEqual([]);
  }));

it('ends them again and again, with nobody in between, and none of them INVALID', () =>
  withInvoices(1000, async (db, url) => {
    const pools = [1, 2, 3].map(() => connect({ connection: { connectionString: url } }));
    const [a, b, c] = pools as [Knex, Knex, Knex];
    const retry = { maxAttempts: 20, delayMs: 20, maxDelayMs: 100 };
    const rounds = Array.from({ length: 5 }, (_, index) => index);
    const index = (name: string, column: string): Change => ({ ...byStatus, columns: [column], name });
    await Promise.all([
      inTurn(rounds, (round) => applyOnline(ORG, index(`a_${round}`, 'status'), a, { logger: quiet })),
      inTurn(rounds, (round) => applyOnline(ORG, index(`b_${round}`, 'code'), b, { logger: quiet })),
      inTurn(rounds, (round) => {
        const field = { name: `f_${round}`, type: 'Int' } as const;
        return applyChange(ORG, { kind: 'addField', table: 'invoice', field }, c, { logger: quiet, retry });
      }),
    ]);
    for (const pool of pools) await pool.destroy();
    const indexes = (await schemaOf(db, ORG)).filter((line) => /^index [ab]_\d /.test(line));
    expect(indexes.filter((line) => line.endsWith(' t t'))).toHaveLength(10);
    expect((await schemaOf(db, ORG)).filter((line) => /^column invoice f_/.test(line))).toHaveLength(5);
  }));

async function inTurn<T>(all: readonly T[], run: (each: T) => Promise<unknown>): Promise<void> {
  for (const each of all) await run(each);
}

/** How many sessions build an index, and wait for another transaction. */
async function building(db: Knex): Promise<number> {
  const { rows } = await db.raw(
    `select count(*)::int as n from pg_stat_activity where datname = current_database()
       and query ~ '^create (unique |)index concurrently' and state = 'active' and wait_event_type = 'Lock'`,
  );
  return rows[0].n;
}

/** How many wait on the server for an advisory lock. */
async function leaseWaiters(db: Knex): Promise<number> {
  const { rows } = await db.raw(
    `select count(*)::int as n from pg_locks l join pg_stat_activity s using (pid)
     where l.locktype = 'advisory' and not l.granted and s.datname = current_database()`,
  );
  return rows[0].n;
}

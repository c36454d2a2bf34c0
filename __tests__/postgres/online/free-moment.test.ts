// The strong locks of an online change are taken when nobody uses the table, so that nobody waits behind them.
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { applyOnline, type Change } from '../../../lib';
import { quiet } from '../../support/log';
import { ORG, recordsOf, withInvoices } from '../../support/online';

const CHANGES: readonly (readonly [string, Change])[] = [
  ['NOT NULL', { kind: 'alterField', table: 'invoice', column: 'status', set: { nullable: false, default: 'draft' } }],
  [
    'a reference',
    {
      kind: 'addReference',
      table: 'invoice',
      columns: ['customer_id'],
      references: { table: 'customer', columns: ['id'] },
    },
  ],
  ['a field, in one transaction', { kind: 'addField', table: 'invoice', field: { name: 'note', type: 'Text' } }],
];

/** A transaction of others, far longer than what the others wait for. */
const TRANSACTION_MS = 500;
/** Less than `lockTimeoutMs`, for which a change keeps others waiting. */
const PATIENCE_MS = 100;

const write = `update "acme-corp"."invoice" set status = 'sent' where id = 1`;

async function connected(url: string): Promise<Client> {
  const client = new Client(url);
  await client.connect();
  return client;
}

test.each(CHANGES)('%s comes between two transactions of others, and keeps nobody waiting', async (_name, change) => {
  await withInvoices(100, async (db, url) => {
    const [holder, other] = [await connected(url), await connected(url)];
    try {
      await holder.query(`begin; ${write}`);
      let isMade = false;
      const making = applyOnline(ORG, change, db, { logger: quiet, lockTimeoutMs: 300 }).finally(() => (isMade = true));
      const released = sleep(TRANSACTION_MS).then(() => holder.query('commit'));
      await other.query(`set lock_timeout = '${PATIENCE_MS}ms'`);
      let writes = 0;
      while (!isMade) {
        // Fails where the lock is waited for.
        await other.query(write.replace('id = 1', 'id = 2'));
        writes += 1;
        await sleep(10);
      }
      expect(writes).toBeGreaterThan(5);
      await expect(making).resolves.toMatchObject({ org: ORG });
      await released;
    } finally {
      await Promise.all([holder.end(), other.end()]);
    }
  });
});

test('on a table that is never free it waits for its lock in the end, within lockTimeoutMs', async () => {
  await withInvoices(100, async (db, url) => {
    const holder = await connected(url);
    try {
      await holder.query(`begin; ${write}`);
      const [, change] = CHANGES[0] as (typeof CHANGES)[number];
      const making = applyOnline(ORG, change, db, { logger: quiet, lockTimeoutMs: 60, retry: { maxAttempts: 1 } });
      await expect(making).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
      expect(await recordsOf(db)).toEqual([]);
    } finally {
      await holder.end();
    }
  });
});

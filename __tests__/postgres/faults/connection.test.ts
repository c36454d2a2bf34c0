// A connection that is lost before COMMIT took the transaction with it: all of it runs again on another.
import type { Knex } from 'knex';
import { addFieldToModel, withTenant } from '../../../lib';
import type { FieldSpec } from '../../../lib';
import type { Exchange } from '../../chaos/proxy';
import { quiet } from '../../support/log';
import { BATCH, columnsOf, strikeOnce, throughProxy } from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const options = { logger: quiet, retry: { maxAttempts: 2, delayMs: 1 } };

const ways = {
  withTenant: (db: Knex, org: string) =>
    withTenant(
      org,
      db,
      async (tenant) => {
        await tenant('metadata').insert({ name: 'amount' });
        await addFieldToModel(org, 'invoice', amount, tenant);
      },
      options,
    ),
  'a bare Knex': (db: Knex, org: string) => addFieldToModel(org, 'invoice', amount, db, options),
};

const strikes: Record<string, { at: RegExp; strike: (exchange: Exchange) => void | Promise<void> }> = {
  'before BEGIN': { at: /^begin\b/i, strike: (exchange) => exchange.cut() },
  'after BEGIN': { at: /^begin\b/i, strike: (exchange) => exchange.ask().then(() => exchange.cut()) },
  'at the first timeouts': { at: /lock_timeout/, strike: (exchange) => exchange.cut('reset') },
  'inside the batch': {
    at: BATCH,
    strike: (exchange) => {
      exchange.askHalf();
      exchange.cut();
    },
  },
  "inside the batch's answer": {
    at: BATCH,
    strike: async (exchange) => {
      await exchange.ask();
      exchange.answerHalf();
      exchange.cut();
    },
  },
  "after the batch's answer": { at: BATCH, strike: (exchange) => exchange.ask().then(() => exchange.cut('reset')) },
};

let wire: Proxied;

beforeEach(async () => {
  wire = await throughProxy();
});

afterEach(() => wire.proxy.close());

async function expectOnce(way: string): Promise<void> {
  expect(await columnsOf(wire.admin, wire.org)).toEqual(['id', 'amount']);
  expect(await wire.admin('metadata').withSchema(wire.org)).toHaveLength(way === 'withTenant' ? 1 : 0);
}

describe.each(Object.entries(ways))('%s runs again where the connection is lost', (way, change) => {
  it.each(Object.entries(strikes))('%s', async (_where, { at, strike }) => {
    const struck = strikeOnce(wire.proxy, at, strike);
    await change(wire.db, wire.org);
    await struck;
    await expectOnce(way);
  });

  it('on a connection of the pool that died unseen', async () => {
    await wire.db.raw('select 1');
    const struck = strikeOnce(wire.proxy, /./, (exchange) => exchange.cut());
    await change(wire.db, wire.org);
    await struck;
    await expectOnce(way);
  });

  it('since an administrator ended the session', async () => {
    const struck = strikeOnce(wire.proxy, BATCH, async ({ pid }) => {
      await wire.admin.raw('select pg_terminate_backend(?, 5000)', [pid]);
    });
    await change(wire.db, wire.org);
    await struck;
    await expectOnce(way);
  });

  it('before it was made', async () => {
    let refused = 0;
    wire.proxy.onConnect(() => (refused += 1) === 1);
    await change(wire.db, wire.org);
    expect(refused).toBe(2);
    await expectOnce(way);
  });
});

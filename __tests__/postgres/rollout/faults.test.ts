// What dies on the way of a rollout: the ledger's rows, written in the tenants' own transactions, say what happened.
import type { Knex } from 'knex';
import { rollOut, type Change } from '../../../lib';
import { startProxy } from '../../chaos/proxy';
import type { Exchange, Proxy } from '../../chaos/proxy';
import { quiet, recordedLog } from '../../support/log';
import { connectedThrough, strikeOnce, until } from '../../support/through-proxy';
import { countsOf, STATUS, withStatus, withTenants } from '../../support/rollout';

const options = { logger: quiet, retry: { delayMs: 1 }, canary: 0, waves: [] };
const spec = { name: 'invoice.status', changes: STATUS };

/** The query of a tenant. */
const BATCH = /^begin[^]*alter table "t-0"/;

async function throughProxy(
  count: number,
  run: (given: { db: Knex; admin: Knex; orgs: readonly string[]; proxy: Proxy; sent: string[] }) => Promise<void>,
): Promise<void> {
  await withTenants(count, async (admin, orgs, url) => {
    const proxy = await startProxy(url);
    const sent: string[] = [];
    proxy.onExchange(({ sql }) => void sent.push(sql));
    const db = connectedThrough(proxy);
    try {
      await run({ db, admin, orgs, proxy, sent });
    } finally {
      await db.destroy();
      await proxy.close();
    }
  });
}

const strikes: Record<string, (exchange: Exchange) => void | Promise<void>> = {
  'before the batch reached the server': (exchange) => exchange.cut('reset'),
  'after half of the batch': (exchange) => {
    exchange.askHalf();
    exchange.cut('reset');
  },
  'before the answer to COMMIT': async (exchange) => {
    await exchange.ask();
    exchange.cut('reset');
  },
  'in the middle of the answer': async (exchange) => {
    await exchange.ask();
    exchange.answerHalf();
    exchange.cut('end');
  },
};

it.each(Object.entries(strikes))('changes a tenant once where the connection is cut %s', (_when, strike) =>
  throughProxy(5, async ({ db, admin, orgs, proxy }) => {
    const struck = strikeOnce(proxy, BATCH, strike);
    const { logger, records } = recordedLog();
    const report = await rollOut(spec, db, { ...options, orgs, logger });
    await struck;
    expect(countsOf(report)).toEqual({ targets: 5, done: 5 });
    expect(await withStatus(admin)).toHaveLength(5);
    const logged = records().filter(({ level, org }) => level === 'info' && org === 't-0');
    expect(logged).toHaveLength(1);
  }),
);

it('logs a part of a list once where the answer to its COMMIT is lost', () =>
  throughProxy(1, async ({ db, admin, proxy }) => {
    await admin.raw('insert into "t-0".invoice select g from generate_series(1, 200) g');
    const struck = strikeOnce(proxy, BATCH, async (exchange) => {
      await exchange.ask();
      exchange.cut('reset');
    });
    const byStatus: Change = { kind: 'addIndex', table: 'invoice', columns: ['status'] };
    const { logger, records } = recordedLog();
    const given = { ...options, orgs: ['t-0'], logger, online: { fromRows: 100 } } as const;
    const report = await rollOut({ name: 'parts', changes: [...STATUS, byStatus] }, db, given);
    await struck;
    expect(countsOf(report)).toEqual({ targets: 1, done: 1 });
    const logged = records().filter(
      ({ level, org, message }) => level === 'info' && org === 't-0' && message !== 'ONLINE STAGE',
    );
    expect(logged.map(({ message, attempts }) => [message, attempts])).toEqual([
      ['ADD COLUMN', 2],
      ['CREATE INDEX', 1],
    ]);
  }));

it('changes a tenant once where its first batch arrives when another has done it', () =>
  throughProxy(3, async ({ db, admin, orgs, proxy }) => {
    let late: Promise<boolean> | undefined;
    void strikeOnce(proxy, BATCH, async (exchange) => {
      exchange.cutClient('reset');
      // The network delivers it after all, when the second attempt has been committed.
      await until(async () => (await withStatus(admin)).includes('t-0'));
      late = exchange.ask();
    });
    const report = await rollOut(spec, db, { ...options, orgs });
    expect(countsOf(report)).toEqual({ targets: 3, done: 3 });
    await until(() => late !== undefined);
    await late;
    const { rows } = await admin.raw(`select attempts from tenant_ddl.rollout_tenant where org = 't-0'`);
    expect(rows).toEqual([{ attempts: 2 }]);
    expect(await withStatus(admin)).toHaveLength(3);
  }));

it('waits for a transaction whose client is gone, and finds its tenant done', () =>
  throughProxy(1, async ({ db, admin, orgs, proxy }) => {
    // The old backend holds the tenant's turn until the lock is given back.
    const blocker = await admin.transaction();
    await blocker.raw('lock table "t-0".invoice');
    const struck = strikeOnce(proxy, BATCH, async (exchange) => {
      void exchange.ask();
      await until(async () => {
        const { rows } = await admin.raw(
          `select from pg_locks where not granted and relation = '"t-0".invoice'::regclass`,
        );
        return rows.length > 0;
      });
      exchange.cutClient('reset');
    });
    const running = rollOut(spec, db, { ...options, orgs, lockTimeoutMs: 5000, statementTimeoutMs: 8000 });
    await struck;
    await blocker.commit();
    expect(countsOf(await running)).toEqual({ targets: 1, done: 1 });
    expect(await withStatus(admin)).toEqual(['t-0']);
    const { rows } = await admin.raw('select attempts from tenant_ddl.rollout_tenant');
    expect(rows).toEqual([{ attempts: 1 }]);
  }));

it('writes no failure over a change that was committed meanwhile', () =>
  throughProxy(1, async ({ db, admin, orgs, proxy }) => {
    void strikeOnce(proxy, BATCH, async (exchange) => {
      await exchange.ask();
      exchange.cut('reset');
    });
    // No second attempt: what is written down next finds the tenant done.
    const report = await rollOut(spec, db, { ...options, orgs, retry: false });
    expect(countsOf(report)).toEqual({ targets: 1, done: 1 });
    expect(await withStatus(admin)).toEqual(['t-0']);
  }));

it('goes on where everything is cut, again and again', () =>
  throughProxy(60, async ({ db, admin, orgs, proxy }) => {
    let questions = 0;
    // Every seventh question is lost, or its answer is, or every connection with it.
    proxy.onExchange(async (exchange) => {
      questions += 1;
      if (questions % 7 !== 0) return;
      if (questions % 3 === 0) await exchange.ask();
      if (questions % 5 === 0) proxy.cutAll();
      else exchange.cut('reset');
    });
    const given = { ...options, orgs, stopAfter: false, retry: { maxAttempts: 8, delayMs: 1 } } as const;
    const report = await rollOut(spec, db, given);
    expect(countsOf(report)).toEqual({ targets: 60, done: 60 });
    expect(await withStatus(admin)).toHaveLength(60);
  }));

it('rejects where the ledger cannot be reached, and goes on at the next call', () =>
  throughProxy(20, async ({ db, admin, orgs, proxy }) => {
    let isDown = false;
    proxy.onConnect(() => isDown);
    proxy.onExchange((exchange) => {
      if (isDown) exchange.cut('reset');
    });
    void strikeOnce(proxy, /^begin[^]*alter table "t-9"/, (exchange) => {
      isDown = true;
      exchange.cut('reset');
    });
    const short = { ...options, orgs, lockTimeoutMs: 100, statementTimeoutMs: 1000 };
    await expect(rollOut(spec, db, short)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    isDown = false;
    const report = await rollOut(spec, db, short);
    expect(countsOf(report)).toEqual({ targets: 20, done: 20 });
    expect(await withStatus(admin)).toHaveLength(20);
  }));

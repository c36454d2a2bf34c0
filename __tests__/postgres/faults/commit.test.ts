// A connection that is lost at COMMIT leaves both possible. What happened is found out, and the change is there once.
import type { Knex } from 'knex';
import { addFieldToModel, withTenant } from '../../../lib';
import type { ChangeOptions, FieldSpec } from '../../../lib';
import { FEW_LOCKS, fillLockTable } from '../../chaos/lock-table';
import { NOT_DURABLE, startPostgres } from '../../support/embedded-postgres';
import type { EmbeddedPostgres } from '../../support/embedded-postgres';
import { quiet } from '../../support/log';
import { connect, serverUrl } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { BATCH, columnsOf, COMMIT, FATE, strikeOnce, throughProxy, until } from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const options: ChangeOptions = { logger: quiet, retry: { delayMs: 1 } };

const ways = {
  withTenant: (db: Knex, org: string) =>
    withTenant(
      org,
      db,
      async (tenant) => {
        await addFieldToModel(org, 'invoice', amount, tenant);
        await tenant('metadata').insert({ name: 'amount' });
      },
      options,
    ),
  'a bare Knex': async (db: Knex, org: string) => {
    await addFieldToModel(org, 'invoice', amount, db, options);
    await db('metadata').withSchema(org).insert({ name: 'amount' });
  },
};

/** After the letter of the message and its length. */
const A_LETTER_OF_THE_TAG = 6;

let wire: Proxied;
let server: EmbeddedPostgres | undefined;

afterEach(async () => {
  await wire.proxy.close();
  await server?.stop();
  server = undefined;
});

async function found(): Promise<unknown> {
  const metadata = await wire.admin('metadata').withSchema(wire.org);
  return { columns: await columnsOf(wire.admin, wire.org), metadata: metadata.length };
}
const once = { columns: ['id', 'amount'], metadata: 1 };

describe.each(Object.entries(ways))('%s', (_name, change) => {
  describe('when the connection is lost at COMMIT', () => {
    beforeEach(async () => {
      wire = await throughProxy();
    });

    it('runs again where COMMIT never arrived', async () => {
      void strikeOnce(wire.proxy, COMMIT, (exchange) => exchange.cut());
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect(wire.count(BATCH)).toBe(2);
    });

    it.each(['reset', 'end'] as const)('runs nothing again where the answer was lost (%s)', async (how) => {
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        await exchange.ask();
        exchange.cut(how);
      });
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect(wire.count(BATCH)).toBe(1);
    });

    it('asks where the answer is neither COMMIT nor ROLLBACK', async () => {
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        await exchange.ask();
        exchange.answerGarbled(A_LETTER_OF_THE_TAG);
        exchange.cut();
      });
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect(wire.count(FATE)).toBeGreaterThan(0);
    });

    it('waits while the transaction is in progress, and runs nothing again when it commits', async () => {
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        exchange.cutClient();
        // Asked again, so the answer was that nobody knows yet.
        await until(() => wire.count(FATE) >= 2 || wire.count(BATCH) >= 2);
        await exchange.ask();
        exchange.cut();
      });
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect(wire.count(BATCH)).toBe(1);
    });

    it('waits while the transaction is in progress, and runs again when it aborts', async () => {
      let asked = 0;
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        exchange.cutClient();
        await until(() => wire.count(FATE) >= 2 || wire.count(BATCH) >= 2);
        asked = wire.count(FATE);
        exchange.cut();
      });
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect([asked, wire.count(BATCH)]).toEqual([2, 2]);
    });

    it('asks again where the connection is lost while it asks', async () => {
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        await exchange.ask();
        exchange.cut();
      });
      void strikeOnce(wire.proxy, FATE, (exchange) => exchange.cut());
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect([wire.count(FATE), wire.count(BATCH)]).toEqual([2, 1]);
    });
  });

  it('does not take an answer for success that says ROLLBACK with one letter changed', async () => {
    wire = await throughProxy();
    void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
      await exchange.ask();
      exchange.answerGarbled(A_LETTER_OF_THE_TAG);
    });
    const swallowing = withTenant(
      wire.org,
      wire.db,
      async (tenant) => {
        await addFieldToModel(wire.org, 'invoice', amount, tenant);
        await tenant.raw('select 1 / 0').catch(() => undefined);
      },
      { ...options, retry: { maxAttempts: 1 } },
    );
    await migrationError(swallowing);
    expect(await found()).toEqual({ columns: ['id'], metadata: 0 });
  });

  it.each([
    ['which has not come to that id', 0],
    ['which has given that id to another transaction', 1000],
  ])('is OUTCOME_UNKNOWN, with the id of its transaction, where a server has taken over %s', async (_how, further) => {
    wire = await throughProxy();
    server = await startPostgres({ major: Number(process.env.POSTGRES_MAJOR ?? 18), settings: NOT_DURABLE });
    const { url } = server;
    void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
      const id = Number(await transactionOf(exchange.pid));
      await exchange.ask();
      await takeOver(url, further === 0 ? 0 : id + further);
      wire.proxy.leadTo(url);
      wire.proxy.cutAll();
    });
    const error = await migrationError(change(wire.db, wire.org));
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', org: wire.org, retryScope: 'none' });
    expect(wire.count(BATCH)).toBe(1);
    const { rows } = await wire.admin.raw('select pg_xact_status(?::xid8) as fate', [String(error.transactionId)]);
    expect(rows).toEqual([{ fate: 'committed' }]);
    await wire.db.destroy();
  });

  it('asks again where the server has no room for the question', async () => {
    const settings = { ...NOT_DURABLE, ...FEW_LOCKS };
    server = await startPostgres({ major: Number(process.env.POSTGRES_MAJOR ?? 18), settings });
    wire = await throughProxy(server.url);
    const { url } = server;
    let connections = 0;
    let letGo = async (): Promise<void> => undefined;
    void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
      await exchange.ask();
      letGo = await fillLockTable(url);
      wire.proxy.onConnect(() => {
        connections += 1;
        // The one before was refused.
        if (connections === 2) void letGo();
        return false;
      });
      wire.proxy.cutAll();
    });
    await change(wire.db, wire.org).finally(() => letGo());
    expect(connections).toBeGreaterThan(1);
    expect(await found()).toEqual(once);
    expect(wire.count(BATCH)).toBe(1);
    await Promise.all([wire.db.destroy(), wire.admin.destroy()]);
  });

  describe('when the server crashes at COMMIT', () => {
    beforeEach(async () => {
      // Nothing is written to disk but by a COMMIT.
      const settings = { fsync: 'off', wal_writer_delay: '10s' };
      server = await startPostgres({ major: Number(process.env.POSTGRES_MAJOR ?? 18), settings });
      wire = await throughProxy(server.url);
    });

    afterEach(() => Promise.all([wire.db.destroy(), wire.admin.destroy()]));

    it('runs again, though the server has given the id to another transaction, which committed', async () => {
      const ids: string[] = [];
      let lost: string | undefined;
      const struck = strikeOnce(wire.proxy, COMMIT, async ({ pid }) => {
        lost = await transactionOf(pid);
        await server?.crash();
        await server?.start();
        const rival = connect({ connection: { connectionString: server?.url ?? '' } });
        for (let tries = 0; tries < 10; tries += 1) {
          const { rows } = await rival.raw('select pg_current_xact_id()::text as id');
          ids.push(rows[0].id as string);
        }
        await rival.destroy();
      });
      // The crash itself ends the connection; the question comes when the other transaction has the id.
      void strikeOnce(wire.proxy, FATE, () => struck);
      await change(wire.db, wire.org);
      await struck;
      expect(ids).toContain(lost);
      expect(await found()).toEqual(once);
      expect(wire.count(BATCH)).toBe(2);
    });

    it('does not take a commit for its own that may be of another, though this time it was', async () => {
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        await exchange.ask();
        await server?.crash();
        await server?.start();
        exchange.cut();
      });
      expect(await migrationError(change(wire.db, wire.org))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      expect(await columnsOf(wire.admin, wire.org)).toEqual(once.columns);
      expect(wire.count(BATCH)).toBe(1);
    });

    it.each(['crash', 'stop'] as const)(
      'is not taken in where the id was given again, and then came a %s',
      async (then) => {
        const struck = strikeOnce(wire.proxy, COMMIT, async ({ pid }) => {
          const lost = Number(await transactionOf(pid));
          await server?.crash();
          await server?.start();
          const rival = connect({ connection: { connectionString: server?.url ?? '' } });
          let id = 0;
          while (id <= lost) id = Number((await rival.raw('select pg_current_xact_id()::text as id')).rows[0].id);
          await rival.raw('checkpoint');
          await rival.destroy();
          await (then === 'crash' ? server?.crash() : server?.shutDown());
          await server?.start();
        });
        void strikeOnce(wire.proxy, FATE, () => struck);
        expect(await migrationError(change(wire.db, wire.org))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
        await struck;
        expect(await columnsOf(wire.admin, wire.org)).toEqual(['id']);
      },
    );

    it('runs nothing again where the server was stopped in good order', async () => {
      void strikeOnce(wire.proxy, COMMIT, async (exchange) => {
        await exchange.ask();
        await server?.shutDown();
        await server?.start();
        exchange.cut();
      });
      await change(wire.db, wire.org);
      expect(await found()).toEqual(once);
      expect(wire.count(BATCH)).toBe(1);
    });
  });
});

async function transactionOf(pid: number): Promise<string> {
  const { rows } = await wire.admin.raw('select backend_xid::text as id from pg_stat_activity where pid = ?', [pid]);
  return rows[0].id as string;
}

/** Lets in who is known to the first server, and counts transactions up to the given one. */
async function takeOver(url: string, transactions: number): Promise<void> {
  const { username, password, pathname } = new URL(serverUrl());
  const [role = '', secret = '', database = ''] = [username, password, pathname.slice(1)].map(decodeURIComponent);
  const other = connect({ connection: { connectionString: url } });
  if (role !== 'postgres') await other.raw('create role ?? superuser login', [role]);
  await other.raw(`alter role ?? password '${secret.replaceAll("'", "''")}'`, [role]);
  if (database !== 'postgres') await other.raw('create database ??', [database]);
  await other.raw(`do $$ begin
    while pg_current_xact_id()::text::bigint < ${transactions} loop commit; end loop;
  end $$`);
  await other.destroy();
}

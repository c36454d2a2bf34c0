// The transaction that ends the record of an online change is committed, or not, and its answer is lost.
import type { Knex } from 'knex';
import { abandonOnline, applyChange, applyOnline, type Change } from '../../../lib';
import { KINDS } from '../../chaos/online/kinds';
import { startProxy } from '../../chaos/proxy';
import type { Exchange, Proxy } from '../../chaos/proxy';
import { quiet, recordedLog } from '../../support/log';
import { createInvoices, ORG, prepare, recordsOf, schemaOf, withInvoices } from '../../support/online';
import { migrationError } from '../../support/rejection';
import { COMMIT, connectedThrough, FATE, strikeOnce } from '../../support/through-proxy';

const options = { logger: quiet, retry: { maxAttempts: 3, delayMs: 1 } };
const byCode: Change = { kind: 'addIndex', table: 'invoice', columns: ['code'], unique: true };
const notNull: Change = { kind: 'alterField', table: 'invoice', column: 'status', set: { nullable: false } };
const BUILD = /^create unique index concurrently/;

interface Given {
  /** Goes through the proxy. */
  readonly db: Knex;
  readonly admin: Knex;
  readonly proxy: Proxy;
  readonly sent: readonly string[];
}

async function throughProxy(run: (given: Given) => Promise<void>): Promise<void> {
  await withInvoices(500, async (admin, url) => {
    const proxy = await startProxy(url);
    const sent: string[] = [];
    proxy.onExchange(({ sql }) => void sent.push(sql));
    const db = connectedThrough(proxy);
    try {
      await run({ db, admin, proxy, sent });
    } finally {
      await db.destroy();
      await proxy.close();
    }
  });
}

/** Strikes once at the question that commits the end of a record, whether it says more than COMMIT or not. */
function strikeAtEnd(proxy: Proxy, strike: (exchange: Exchange) => void | Promise<void>): () => number {
  const ending = new Set<number>();
  let struck = 0;
  const remove = proxy.onExchange(async (exchange) => {
    const { sql, connection } = exchange;
    const ends = sql.includes('delete from "tenant_ddl"."online_change" where');
    if (ends && sql.startsWith('begin')) ending.add(connection);
    else if (ends || (ending.has(connection) && COMMIT.test(sql))) {
      remove();
      struck += 1;
      await strike(exchange);
    }
  });
  return () => struck;
}

async function answerLost(exchange: Exchange): Promise<void> {
  await exchange.ask();
  exchange.cut('reset');
}

async function plainly(db: Knex, change: Change, before: readonly string[] = []): Promise<string[]> {
  await createInvoices(db, 'plain', 500);
  await prepare(db, 'plain', before);
  await applyChange('plain', change, db, { ...options, hazards: 'allow' });
  return schemaOf(db, 'plain');
}

it.each(KINDS)(
  'is made, and says so, where the answer to its end is lost: $name',
  ({ setup = [], before = [], change }) =>
    throughProxy(async ({ db, admin, proxy }) => {
      for (const org of [ORG, 'plain']) {
        if (org !== ORG) await createInvoices(admin, org, 500);
        await prepare(admin, org, setup);
        for (const each of before) await applyChange(org, each, admin, { ...options, hazards: 'allow' });
      }
      await applyChange('plain', change, admin, { ...options, hazards: 'allow' });
      const struck = strikeAtEnd(proxy, answerLost);
      const { logger, records } = recordedLog();
      const result = await applyOnline(ORG, change, db, { ...options, logger });
      expect(struck()).toBe(1);
      expect(result).toMatchObject({ org: ORG, changes: [change], resumed: false, attempts: 1 });
      expect((await schemaOf(admin, ORG)).sort()).toEqual((await schemaOf(admin, 'plain')).sort());
      expect(await recordsOf(admin)).toEqual([]);
      const stages = records().filter(({ message }) => message === 'ONLINE STAGE');
      expect(stages.map(({ stage }) => stage)).toEqual(result.stages.map(({ name }) => name));
    }),
);

it.each([
  ['in stages that commit by themselves', byCode],
  ['in a transaction', notNull],
])('goes on with its last stage where COMMIT never arrived: %s', (_how, change) =>
  throughProxy(async ({ db, admin, proxy, sent }) => {
    const struck = strikeAtEnd(proxy, (exchange) => exchange.cut('reset'));
    const result = await applyOnline(ORG, change, db, options);
    expect(struck()).toBe(1);
    expect(result).toMatchObject({ resumed: false });
    expect(await schemaOf(admin, ORG)).toEqual(await plainly(admin, change));
    expect(await recordsOf(admin)).toEqual([]);
    expect(sent.filter((sql) => BUILD.test(sql)).length).toBe(change === byCode ? 1 : 0);
  }),
);

it.each([
  ['an index', byCode],
  ['NOT NULL', notNull],
])('says that it does not know where the server cannot be asked what became of COMMIT: %s', (_what, change) =>
  throughProxy(async ({ db, admin, proxy }) => {
    proxy.onExchange((exchange) => {
      if (FATE.test(exchange.sql)) exchange.cut('reset');
    });
    const struck = strikeAtEnd(proxy, answerLost);
    const error = await migrationError(applyOnline(ORG, change, db, { ...options, statementTimeoutMs: 500 }));
    expect(struck()).toBe(1);
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', retryScope: 'none', org: ORG, table: 'invoice' });
    expect(error.transactionId).toMatch(/^\d+$/);
    expect(error.message).toMatch(/ has an unknown outcome\. COMMIT got no answer/);
    expect(error.message).toContain(
      `If onlineStatus('${ORG}', db) lists the change, it is not finished: the same call`,
    );
    expect(error.message).not.toMatch(/failed|is kept|[Nn]othing was changed/);
    expect(await recordsOf(admin)).toEqual([]);
  }),
);

/** A duplicate comes in after the check for them, so the build fails and is taken back. */
async function failToBuild({ db, admin, proxy }: Given): Promise<ReturnType<typeof migrationError>> {
  void strikeOnce(proxy, BUILD, async () => {
    await admin.raw(`insert into ??.invoice values (0, 'c1', 'draft', 1)`, [ORG]);
  });
  return migrationError(applyOnline(ORG, byCode, db, { ...options, statementTimeoutMs: 500 }));
}

it('is taken back, and claims nothing else, where the answer to that is lost', () =>
  throughProxy(async (given) => {
    const before = await schemaOf(given.admin, ORG);
    const struck = strikeAtEnd(given.proxy, answerLost);
    const error = await failToBuild(given);
    expect(struck()).toBe(1);
    expect(error).toMatchObject({ code: 'UNIQUE_VIOLATION' });
    expect(error.message).not.toContain('the same call goes on with it');
    expect(await schemaOf(given.admin, ORG)).toEqual(before);
    expect(await recordsOf(given.admin)).toEqual([]);
  }));

it('does not claim that it was kept where it may have been taken back', () =>
  throughProxy(async (given) => {
    given.proxy.onExchange((exchange) => {
      if (FATE.test(exchange.sql)) exchange.cut('reset');
    });
    strikeAtEnd(given.proxy, answerLost);
    const error = await failToBuild(given);
    expect(error).toMatchObject({ code: 'UNIQUE_VIOLATION' });
    expect(error.message).toContain(
      `If onlineStatus('${ORG}', db) lists the change, it is not finished: the same call`,
    );
    expect(error.message).not.toContain('is kept');
  }));

it.each([
  ['is lost', answerLost, []],
  [
    'never came, as COMMIT did not arrive',
    (exchange: Exchange) => exchange.cut('reset'),
    [{ table: 'invoice', stage: 0 }],
  ],
] as const)('abandons a change, or fails, as it was, where the answer to its end %s', (_how, strike, left) =>
  throughProxy(async ({ db, admin, proxy }) => {
    const before = await schemaOf(admin, ORG);
    void strikeOnce(proxy, BUILD, answerLost);
    await migrationError(applyOnline(ORG, byCode, db, { ...options, retry: false }));
    expect(await recordsOf(admin)).toEqual([{ table: 'invoice', stage: 0 }]);
    const struck = strikeAtEnd(proxy, strike);
    const abandoning = abandonOnline(ORG, 'invoice', db, options);
    if (left.length === 0) expect(await abandoning).toEqual({ org: ORG, table: 'invoice', change: byCode });
    else expect(await migrationError(abandoning)).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(struck()).toBe(1);
    expect(await schemaOf(admin, ORG)).toEqual(before);
    expect(await recordsOf(admin)).toEqual(left);
  }),
);

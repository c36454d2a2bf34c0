// What became of a COMMIT is found out over whatever connections the pool has: those that swallow what is sent, those
// whose driver has lost its place in the protocol, and none at all.
import { addFieldToModel } from '../../../lib';
import type { ChangeOptions, FieldSpec } from '../../../lib';
import { quiet } from '../../support/log';
import { startSilentServer } from '../../support/silent-server';
import type { SilentServer } from '../../support/silent-server';
import { BATCH, columnsOf, FATE, strikeOnce, throughProxy } from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const options: ChangeOptions = {
  logger: quiet,
  lockTimeoutMs: 400,
  statementTimeoutMs: 2000,
  retry: { maxAttempts: 1 },
};

/** knex's own is in capitals. */
const OUR_COMMIT = /^commit\b/;
const KNEX_COMMIT = /^COMMIT\b/;

/** After COMMIT's tag: the letter of ReadyForQuery. */
const THE_NEXT_MESSAGE = 12;

const never = (): Promise<void> => new Promise(() => undefined);

let wire: Proxied;
let silent: SilentServer;

beforeAll(async () => {
  silent = await startSilentServer();
});

afterAll(() => silent.close());

beforeEach(async () => {
  wire = await throughProxy();
});

afterEach(() => wire.proxy.close());

async function expectOnce(): Promise<void> {
  expect(await columnsOf(wire.admin, wire.org)).toEqual(['id', 'amount']);
  expect(wire.count(BATCH)).toBe(1);
}

it.each([1, 3])('goes on with a connection of its own where %d idle ones swallow it', async (idle) => {
  await Promise.all(Array.from({ length: idle + 1 }, () => wire.db.raw('select pg_sleep(0.2)')));
  let oldest = 0;
  wire.proxy.onExchange(({ connection }) => (connection < oldest ? never() : undefined));
  let newest = 0;
  wire.proxy.onExchange(({ connection }) => void (newest = Math.max(newest, connection)));
  void strikeOnce(wire.proxy, OUR_COMMIT, async (exchange) => {
    await exchange.ask();
    oldest = idle + 2;
    exchange.cut();
  });
  await addFieldToModel(wire.org, 'invoice', amount, wire.db, options);
  await expectOnce();
  expect(newest).toBeGreaterThan(idle + 1);
});

it('goes on where the pool gives it a connection that a garbled answer to the caller has damaged', async () => {
  const theirs = await wire.db.transaction();
  await theirs.raw('select 1');
  void strikeOnce(wire.proxy, KNEX_COMMIT, async (exchange) => {
    await exchange.ask();
    exchange.answerGarbled(THE_NEXT_MESSAGE);
    await never();
  });
  void strikeOnce(wire.proxy, OUR_COMMIT, async (exchange) => {
    await exchange.ask();
    await Promise.allSettled([theirs.commit(), theirs.executionPromise]);
    exchange.cut();
  });
  await addFieldToModel(wire.org, 'invoice', amount, wire.db, options);
  await expectOnce();
});

it.each([
  ['the server has no room for another', (): void => void wire.proxy.onConnect(() => true)],
  ['another is never made', (): void => wire.proxy.leadTo(silent.url)],
])('asks on a connection of the pool where %s', async (_why, prevent) => {
  await Promise.all([1, 2, 3].map(() => wire.db.raw('select pg_sleep(0.2)')));
  void strikeOnce(wire.proxy, OUR_COMMIT, async (exchange) => {
    await exchange.ask();
    prevent();
    exchange.cut();
  });
  // The first of two that are left.
  void strikeOnce(wire.proxy, FATE, never);
  await addFieldToModel(wire.org, 'invoice', amount, wire.db, options);
  await expectOnce();
  expect(wire.count(FATE)).toBe(2);
});

it.each([
  ['the letter of its message', 0],
  ['its length', 4],
  ['its tag', 6],
  ['the letter of the next message', THE_NEXT_MESSAGE],
  ['the length of the next message', 16],
])('gives no connection back to the pool on which an answer to its COMMIT was garbled in %s', async (_where, which) => {
  let damaged = 0;
  const taken: number[] = [];
  wire.db.client.pool.on('acquireSuccess', (_event: number, { processID }: { processID: number }) => {
    if (damaged !== 0) taken.push(processID);
  });
  void strikeOnce(wire.proxy, OUR_COMMIT, async (exchange) => {
    await exchange.ask();
    damaged = exchange.pid;
    exchange.answerGarbled(which);
    await never();
  });
  await addFieldToModel(wire.org, 'invoice', amount, wire.db, { ...options, statementTimeoutMs: 500 });
  await expectOnce();
  expect(taken).not.toEqual([]);
  expect(taken).not.toContain(damaged);
  expect(wire.db.client.pool.numUsed()).toBe(0);
});

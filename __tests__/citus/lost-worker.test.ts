// Exactly once, whatever becomes of a worker: the line to it is cut where each part of a transaction ends.
import type { Knex } from 'knex';
import { addFieldToModel, createModels, createTenant, withTenant, type ChangeOptions } from '../../lib';
import { useCluster, type Cluster } from '../chaos/cluster/cluster';
import type { Exchange } from '../chaos/proxy';
import { onCitus } from '../support/citus';
import { recordedLog } from '../support/log';
import { connect, freshOrg, serverUrl } from '../support/postgres';
import { migrationError } from '../support/rejection';
import { strikeOnce } from '../support/through-proxy';

const PREPARE = /^prepare transaction/i;
const COMMIT_PREPARED = /^commit prepared/i;
const COMMIT = /^commit\s*;?$/i;
const INSERT = /^insert /i;

onCitus('a worker that is lost', () => {
  let org: string;
  let cluster: Cluster;
  let db: Knex;
  let options: ChangeOptions;
  let log: ReturnType<typeof recordedLog>;

  beforeAll(async () => {
    cluster = await useCluster(serverUrl());
  });
  afterAll(async () => {
    await cluster.stop();
  });

  beforeEach(async () => {
    org = freshOrg();
    db = connect();
    log = recordedLog();
    options = { logger: log.logger, retry: { delayMs: 1, maxAttempts: 3 } };
    await createTenant(org, db, options);
    await createModels(
      org,
      [{ table: 'invoice', fields: [{ name: 'id', type: 'Int', primaryKey: false }] }],
      db,
      options,
    );
    await addFieldToModel(org, 'invoice', { name: 'first', type: 'Int' }, db, options);
  });
  afterEach(async () => {
    expect(await cluster.settle()).toEqual([]);
  });

  /** At whichever worker it comes first. */
  function strike(pattern: RegExp, how: (exchange: Exchange) => void | Promise<void>): void {
    let struck = false;
    for (const { line } of cluster.workers)
      void strikeOnce(line, pattern, (exchange) => {
        if (struck) return;
        struck = true;
        return how(exchange);
      });
  }

  const beforeIt = (exchange: Exchange): void => exchange.cut();
  const afterIt = async (exchange: Exchange): Promise<void> => {
    await exchange.ask();
    exchange.cut();
  };

  const rows = (): Promise<unknown> =>
    withTenant(
      org,
      db,
      (tenant) =>
        tenant('invoice')
          .insert({ id: 7 })
          .then(() => undefined),
      options,
    );
  const field = (): Promise<{ readonly attempts: number }> =>
    addFieldToModel(org, 'invoice', { name: 'amount', type: 'Int' }, db, options);

  async function found(): Promise<unknown> {
    await cluster.settle();
    const { rows: all } = await db.raw('select * from ??.invoice', [org]);
    const { fields } = await db.raw('select * from ??.invoice limit 0', [org]);
    return { rows: all.length, fields: (fields as { name: string }[]).map(({ name }) => name) };
  }

  it.each([
    ['before PREPARE', PREPARE, beforeIt],
    ['after PREPARE', PREPARE, afterIt],
  ])('lets a change run again: %s', async (_when, pattern, how) => {
    strike(pattern, how);
    // What the first attempt has prepared is locked until Citus has undone it.
    const settled = cluster.settle();
    await expect(field()).resolves.toMatchObject({ attempts: expect.any(Number) });
    await settled;
    expect(await found()).toEqual({ rows: 0, fields: ['id', 'first', 'amount'] });
    expect(log.records().filter(({ code }) => code === 'CONNECTION_LOST')).toHaveLength(1);
  });

  it.each([
    ['before', beforeIt],
    ['after', afterIt],
  ])('is told as success where the coordinator has decided: %s COMMIT PREPARED', async (_when, how) => {
    strike(COMMIT_PREPARED, how);
    await expect(field()).resolves.toMatchObject({ attempts: 1 });
    expect(await found()).toEqual({ rows: 0, fields: ['id', 'first', 'amount'] });
  });

  it('lets rows be written again that were lost before COMMIT', async () => {
    strike(INSERT, beforeIt);
    await rows();
    expect(await found()).toMatchObject({ rows: 1 });
  });

  it.each([
    ['before', 0, beforeIt],
    ['after', 1, afterIt],
  ])('leaves rows in doubt that it may have committed: %s its COMMIT', async (_when, written, how) => {
    strike(COMMIT, how);
    expect(await migrationError(rows())).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringMatching(/Only rows were changed, which Citus leaves to the worker/),
      transactionId: expect.stringMatching(/^\d+$/),
    });
    expect(await found()).toMatchObject({ rows: written });
  });

  it('leaves rows in doubt where the coordinator crashes while the worker commits', async () => {
    strike(COMMIT, async (exchange) => {
      const sessions = await cluster.coordinator.admin.raw(
        `select pid from pg_stat_activity where query ilike 'commit%' and state = 'active'`,
      );
      await exchange.ask();
      await cluster.coordinator.killSession((sessions.rows as { pid: number }[])[0]?.pid ?? 0);
    });
    expect(await migrationError(rows())).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await found()).toMatchObject({ rows: 1 });
  });
});

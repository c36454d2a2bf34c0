// What a change that has to wait does to others, and what ends its waiting.
import type { Knex } from 'knex';
import { addFieldToModel, withTenant } from '../../../lib';
import type { ChangeOptions, FieldSpec } from '../../../lib';
import { quiet } from '../../support/log';
import { migrationError, rejection } from '../../support/rejection';
import {
  BATCH,
  columnsOf,
  COMMIT,
  FATE,
  strikeOnce,
  throughProxy,
  until,
  waitingFor,
} from '../../support/through-proxy';
import type { Proxied } from '../../support/through-proxy';

const amount: FieldSpec = { name: 'amount', type: 'Float' };
const NEVER_MS = 1_000_000;

const ways = {
  withTenant: (db: Knex, org: string, options: ChangeOptions) =>
    withTenant(org, db, (tenant) => addFieldToModel(org, 'invoice', amount, tenant), options),
  'a bare Knex': (db: Knex, org: string, options: ChangeOptions) =>
    addFieldToModel(org, 'invoice', amount, db, options),
  "a caller's transaction": (db: Knex, org: string, options: ChangeOptions) =>
    db.transaction((trx) => addFieldToModel(org, 'invoice', amount, trx, options)),
};

let wire: Proxied;
let holder: Knex.Transaction;

beforeEach(async () => {
  wire = await throughProxy();
  // A long report reads the table, and goes on doing so.
  holder = await wire.admin.transaction();
  await holder('invoice').withSchema(wire.org);
});

afterEach(() => wire.proxy.close());

const report = (): Promise<unknown> => wire.admin('invoice').withSchema(wire.org).select('id').then();

describe.each(Object.entries(ways))('%s', (_name, change) => {
  it('lets the readers behind it pass when its lock timeout is over, though the table is not free', async () => {
    const { db, org, admin } = wire;
    const options = { logger: quiet, lockTimeoutMs: 300, retry: { maxAttempts: 1 } };
    const changed = migrationError(change(db, org, options));
    await until(async () => (await waitingFor(admin, org, 'invoice')) === 1);
    const reader = report();
    await until(async () => (await waitingFor(admin, org, 'invoice')) === 2);
    expect(await changed).toMatchObject({ code: 'LOCK_TIMEOUT', org });
    await reader;
    expect(holder.isCompleted()).toBe(false);
    await holder.rollback();
  });

  it('lets the readers behind it pass between two attempts', async () => {
    const { db, org, admin, proxy } = wire;
    const options = { logger: quiet, lockTimeoutMs: 300, retry: { maxAttempts: 2, delayMs: 1 } };
    const events: string[] = [];
    let batches = 0;
    const readers: Promise<unknown>[] = [];
    proxy.onExchange(async ({ sql }) => {
      if (!BATCH.test(sql)) return;
      batches += 1;
      if (batches === 2) await Promise.all(readers);
      events.push(`attempt ${batches}`);
      if (batches === 2) await holder.rollback();
    });
    const changed = change(db, org, options);
    await until(async () => (await waitingFor(admin, org, 'invoice')) === 1);
    readers.push(report().then(() => events.push('read')));
    await changed;
    expect(events).toEqual(['attempt 1', 'read', 'attempt 2']);
    expect(await columnsOf(admin, org)).toEqual(['id', 'amount']);
  });

  it('begins no attempt after deadlineMs, however many are left', async () => {
    const { db, org } = wire;
    const retry = { maxAttempts: 100, delayMs: 1, deadlineMs: 1 };
    const error = await migrationError(change(db, org, { logger: quiet, lockTimeoutMs: 20, retry }));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', org });
    expect(wire.count(BATCH)).toBe(1);
    await holder.rollback();
  });

  it('ends its wait when the signal is aborted, with the error that it waited for', async () => {
    const { db, org } = wire;
    const controller = new AbortController();
    const onRetry = (): void => void setImmediate(() => controller.abort());
    const retry = { delayMs: NEVER_MS, maxDelayMs: NEVER_MS, signal: controller.signal, onRetry };
    const error = await migrationError(change(db, org, { logger: quiet, lockTimeoutMs: 20, retry }));
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', org });
    expect(wire.count(BATCH)).toBe(1);
    await holder.rollback();
  });

  it('sends nothing where the signal is aborted before', async () => {
    const { db, org } = wire;
    const reason = new Error('the request is gone');
    const retry = { signal: AbortSignal.abort(reason) };
    expect(await rejection(change(db, org, { logger: quiet, retry }))).toMatchObject({
      code: 'ABORTED',
      cause: reason,
    });
    expect(wire.count(BATCH)).toBe(0);
    await holder.rollback();
  });
});

it('stops asking for the fate of a COMMIT when the signal is aborted, and says that it is unknown', async () => {
  const { db, org, proxy } = wire;
  await holder.rollback();
  const controller = new AbortController();
  let over: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (over = resolve));
  void strikeOnce(proxy, COMMIT, async (exchange) => {
    exchange.cutClient();
    await until(() => wire.count(FATE) >= 2);
    controller.abort();
    await told;
    exchange.cut();
  });
  const options = { logger: quiet, retry: { signal: controller.signal } };
  expect(await migrationError(ways['a bare Knex'](db, org, options))).toMatchObject({ code: 'OUTCOME_UNKNOWN', org });
  over();
});

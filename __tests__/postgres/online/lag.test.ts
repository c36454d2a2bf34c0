// A fill of rows, and a rollout, that wait for a standby which is behind.
import type { Knex } from 'knex';
import { applyOnline, rollOut, type Change } from '../../../lib';
import { startPostgres, type EmbeddedPostgres } from '../../support/embedded-postgres';
import { createInvoices, ORG } from '../../support/online';
import { quiet } from '../../support/log';
import { connect } from '../../support/postgres';
import { migrationError } from '../../support/rejection';
import { startStandby, type Standby } from '../../support/standby';
import { until } from '../../support/through-proxy';

const ROWS = 5000;
const MAX_LAG_MS = 300;
const options = { logger: quiet } as const;
const publicId: Change = {
  kind: 'addField',
  table: 'invoice',
  field: { name: 'public_id', type: 'Uuid', default: { fn: 'uuid' } },
};
const note: Change = { kind: 'addField', table: 'invoice', field: { name: 'note', type: 'Text' } };

let server: EmbeddedPostgres;
let standby: Standby;
let db: Knex;
let sent: string[];

beforeAll(async () => {
  server = await startPostgres({ major: Number(process.env.POSTGRES_MAJOR ?? 18) });
});

afterAll(() => server.stop());

/** With a tenant of some rows, and a standby that has yet to say something. */
async function withStandby(run: () => Promise<void>): Promise<void> {
  db = connectTo(server.url);
  sent = [];
  try {
    await createInvoices(db, ORG, ROWS);
    await db.raw('analyze');
    standby = await startStandby(server.url, db);
    db.on('query', ({ sql }: { sql: string }) => sent.push(sql));
    await run().finally(() => standby.stop());
  } finally {
    await db.raw('drop schema if exists ??, tenant_ddl cascade', [ORG]);
  }
}

it('begins no batch while a standby is behind, asks once a second, and goes on when it has caught up', () =>
  withStandby(async () => {
    await standby.fallBehind(MAX_LAG_MS);
    const startedAt = performance.now();
    const filling = applyOnline(ORG, publicId, db, { ...options, maxLagMs: MAX_LAG_MS });
    await looked(3, filling);
    expect(performance.now() - startedAt).toBeGreaterThan(1900);
    expect(batches()).toBe(0);
    standby.catchUp();
    await filling;
    expect(batches()).toBeGreaterThan(0);
    expect(await unfilled()).toBe(0);
  }));

it('also waits between two batches', () =>
  withStandby(async () => {
    standby.catchUp();
    const behind: Promise<void>[] = [];
    const slow = { ...options, maxLagMs: MAX_LAG_MS, batchMs: 1 };
    // So that it is time for a look, and not over before.
    await slowBatches();
    const onProgress = ({ stage, done }: { stage: string; done?: number | undefined }): void => {
      if (stage === 'fill' && done !== undefined && behind.length === 0) behind.push(standby.fallBehind(MAX_LAG_MS));
    };
    const filling = applyOnline(ORG, publicId, db, { ...slow, onProgress });
    await Promise.race([until(() => behind.length === 1), filling]);
    await behind[0];
    const before = looks();
    await looked(before + 2, filling);
    const filled = batches();
    await looked(before + 4, filling);
    expect(batches()).toBe(filled);
    expect(await unfilled()).toBeGreaterThan(0);
    standby.catchUp();
    await filling;
    expect(await unfilled()).toBe(0);
  }));

it('is stopped by its signal while it waits, and goes on at the next call', () =>
  withStandby(async () => {
    await standby.fallBehind(MAX_LAG_MS);
    const stop = new AbortController();
    const filling = applyOnline(ORG, publicId, db, { ...options, maxLagMs: MAX_LAG_MS, signal: stop.signal });
    const failed = migrationError(filling);
    await looked(1, filling);
    const stoppedAt = performance.now();
    stop.abort();
    expect(await failed).toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - stoppedAt).toBeLessThan(900);
    expect(batches()).toBe(0);
    expect(await applyOnline(ORG, publicId, db, options)).toMatchObject({ resumed: true });
    expect(await unfilled()).toBe(0);
  }));

it('sends two statements a batch, and asks for no lag without the option', () =>
  withStandby(async () => {
    await standby.fallBehind(MAX_LAG_MS);
    await applyOnline(ORG, publicId, db, options);
    expect(looks()).toBe(0);
    const around = sent.flatMap((sql, at) => (sql.startsWith('with due') ? [sent[at - 1], sent[at + 1]] : []));
    expect(around).toHaveLength(2 * batches());
    expect(around.filter((sql) => sql?.startsWith('with seen') !== true)).toEqual([]);
  }));

it('does not wait where its role may not see how far a standby is', () =>
  withStandby(async () => {
    await standby.fallBehind(MAX_LAG_MS);
    await db.raw(
      `create role blind login password 'blind'; alter schema ?? owner to blind;
    do $$ begin execute format('grant create on database %I to blind', current_database()); end $$`,
      [ORG],
    );
    for (const table of ['invoice', 'customer']) await db.raw('alter table ??.?? owner to blind', [ORG, table]);
    const url = new URL(server.url);
    [url.username, url.password] = ['blind', 'blind'];
    const asBlind = connectTo(url.href);
    asBlind.on('query', ({ sql }: { sql: string }) => sent.push(sql));
    await applyOnline(ORG, publicId, asBlind, { ...options, maxLagMs: MAX_LAG_MS });
    expect(looks()).toBeGreaterThan(0);
    expect(await unfilled()).toBe(0);
    await asBlind.destroy();
    await db.raw('reassign owned by blind to current_user; drop owned by blind; drop role blind');
  }));

it.each([
  ['of its stages', { maxLagMs: undefined, online: { fromRows: 100, maxLagMs: MAX_LAG_MS } }, publicId],
  ['of its own', { maxLagMs: MAX_LAG_MS, online: false }, note],
] as const)('is waited for by a rollout, with the option %s', (_of, given, change) =>
  withStandby(async () => {
    await standby.fallBehind(MAX_LAG_MS);
    const rolling = rollOut({ name: 'lag', changes: [change] }, db, { ...options, ...given, orgs: [ORG] });
    await looked(2, rolling);
    expect(batches()).toBe(0);
    expect(sent.filter((sql) => sql.includes('add column') && sql.includes('note'))).toEqual([]);
    standby.catchUp();
    expect(await rolling).toMatchObject({ done: 1, failed: 0 });
  }),
);

function connectTo(url: string): Knex {
  return connect({ connection: { connectionString: url } });
}

function looks(): number {
  return sent.filter((sql) => sql.includes('from pg_catalog.pg_stat_replication')).length;
}

/** Resolves when the lag has been asked for so often, while that runs, which must not end before. */
async function looked(times: number, running: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = (): void => void (isOver = true);
  running.then(end, end);
  await until(() => isOver || looks() >= times);
  expect(isOver).toBe(false);
}

function batches(): number {
  return sent.filter((sql) => sql.startsWith('with due')).length;
}

async function unfilled(): Promise<number> {
  const { rows } = await db.raw(
    `select count(*)::int as n from ??.invoice where substr(public_id::text, 15, 1) = '8'`,
    [ORG],
  );
  return (rows as { n: number }[])[0]?.n ?? 0;
}

async function slowBatches(): Promise<void> {
  await db.raw(
    `create function ??.wait() returns trigger language plpgsql as 'begin perform pg_sleep(0.3); return null; end';
     create trigger wait after update on ??.invoice for each row when (old.id % 300 = 0) execute function ??.wait()`,
    [ORG, ORG, ORG],
  );
}

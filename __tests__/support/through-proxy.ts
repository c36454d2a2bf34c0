// A tenant whose knex goes by way of the chaos harness's proxy, so that a test can strike at one point of the protocol.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { startProxy } from '../chaos/proxy';
import type { Exchange, Proxy } from '../chaos/proxy';
import { connect, freshOrg, serverUrl } from './postgres';

export const BATCH = /\b(?:create|alter) table\b/i;
export const COMMIT = /^commit\b/i;
export const FATE = /pg_xact_status/;
export const ROLLBACK = /^rollback\b/i;

export interface Proxied {
  readonly org: string;
  readonly proxy: Proxy;
  /** Goes through the proxy. */
  readonly db: Knex;
  /** Does not. */
  readonly admin: Knex;
  /** What went through, in its order. */
  readonly sent: string[];
  count(pattern: RegExp): number;
}

/** A tenant with a table `invoice` and a table `metadata`. The proxy is the caller's to close. */
export async function throughProxy(url = serverUrl()): Promise<Proxied> {
  const proxy = await startProxy(url);
  const sent: string[] = [];
  proxy.onExchange(({ sql }) => void sent.push(sql));
  const org = freshOrg();
  const admin = connect({ connection: { connectionString: url }, log: { warn: () => undefined } });
  await admin.raw('create schema ??', [org]);
  await admin.raw('create table ??.invoice (id int primary key)', [org]);
  await admin.raw('create table ??.metadata (name text)', [org]);
  return {
    org,
    proxy,
    db: connectedThrough(proxy),
    admin,
    sent,
    count: (pattern) => sent.filter((sql) => pattern.test(sql)).length,
  };
}

/** Another service, with a pool of its own. */
export function connectedThrough(proxy: Proxy): Knex {
  // knex tells the console of each connection that is lost.
  return connect({ connection: { connectionString: proxy.url }, log: { warn: () => undefined } });
}

/** Strikes at the first question that looks so, and at no other; resolves when it has struck. */
export async function strikeOnce(
  proxy: Proxy,
  pattern: RegExp,
  strike: (exchange: Exchange) => void | Promise<void>,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const remove = proxy.onExchange(async (exchange) => {
      if (!pattern.test(exchange.sql)) return;
      remove();
      await Promise.resolve(strike(exchange)).then(resolve, reject);
    });
  });
}

/** Asks until it is so: what another process does has no event to wait for. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(5);
}

/** How many sessions wait for a lock on the table. */
export async function waitingFor(admin: Knex, org: string, table: string): Promise<number> {
  const { rows } = await admin.raw(
    'select count(*)::int as count from pg_locks where relation = format(?, ?::text, ?::text)::regclass and not granted',
    ['%I.%I', org, table],
  );
  return rows[0].count as number;
}

/** The columns of the tenant's invoice. */
export async function columnsOf(admin: Knex, org: string): Promise<string[]> {
  const { rows } = await admin.raw(
    `select column_name as name from information_schema.columns where table_schema = ? and table_name = 'invoice'`,
    [org],
  );
  return rows.map(({ name }: { name: string }) => name);
}

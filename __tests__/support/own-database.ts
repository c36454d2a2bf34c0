import type { Knex } from 'knex';
import { connect, freshOrg, serverUrl } from './postgres';
import { needSuperuser } from './rights';

/** A database of its own on the server under test, for what uses fixed names; dropped with all its sessions. */
export async function inOwnDatabase(run: (url: string, db: Knex) => Promise<void>): Promise<void> {
  needSuperuser('create a database');
  const name = freshOrg('database');
  const server = connect();
  await server.raw('create database ??', [name]);
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  const db = connect({ connection: { connectionString: url.href } });
  try {
    await run(url.href, db);
  } finally {
    await db.destroy();
    await server.raw('drop database ?? with (force)', [name]);
  }
}

import { createRequire } from 'node:module';
import type { Knex } from 'knex';
import pg from 'pg';
import { createTables } from './harness.ts';

const { knex } = createRequire(new URL('../../package.json', import.meta.url))('knex') as typeof import('knex');

/** Databases with the same tables and rows: made once, and copied for each trial. */
export interface Databases {
  /** Runs with the address of a copy, which is dropped afterwards. */
  inCopy<T>(work: (url: string) => Promise<T>): Promise<T>;
  drop(): Promise<void>;
}

export async function prepareDatabases(serverUrl: string, rows: number): Promise<Databases> {
  const admin = new pg.Client(serverUrl);
  await admin.connect();
  const name = `tenant-ddl-live-${process.pid}`;
  const at = (database: string): string => Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
  await admin.query(`create database "${name}"`);
  const db: Knex = knex({ client: 'pg', connection: at(name), pool: { min: 0, max: 1 } });
  await createTables(db, rows);
  await db.destroy();
  return {
    inCopy: async (work) => {
      const copy = `${name}-copy`;
      await admin.query(`create database "${copy}" template "${name}" strategy file_copy`);
      try {
        return await work(at(copy));
      } finally {
        await admin.query(`drop database "${copy}" with (force)`);
      }
    },
    drop: async () => {
      await admin.query(`drop database "${name}" with (force)`);
      await admin.end();
    },
  };
}

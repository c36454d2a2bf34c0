import pg from 'pg';
import { SET_LOCK_TIMEOUT, addColumn, createSchema, createTables, dropColumn } from '../sql.ts';
import type { Entry, Session } from './entry.ts';

/** The measure of all others: the driver, one statement at a time. */
export const rawPg: Entry = {
  name: 'pg',
  how: 'raw SQL, a transaction, one statement at a time',
  kind: 'peer',
  open: async ({ url, connections }): Promise<Session> => {
    const pool = new pg.Pool({ connectionString: url, max: connections });
    const inTransaction = async (statements: readonly string[]): Promise<void> => {
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (const sql of statements) await client.query(sql);
        await client.query('commit');
      } finally {
        client.release();
      }
    };
    return {
      provision: (org, models, { schema }) =>
        inTransaction([...(schema ? [createSchema(org)] : []), ...createTables(org, models)]),
      addColumn: (org, table) => inTransaction([SET_LOCK_TIMEOUT, addColumn(org, table)]),
      dropColumn: (org, table) => inTransaction([SET_LOCK_TIMEOUT, dropColumn(org, table)]),
      close: () => pool.end(),
    };
  },
};

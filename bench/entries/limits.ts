import pg from 'pg';
import { SET_LOCK_TIMEOUT, addColumn, createSchema, createTables, dropColumn } from '../sql.ts';
import type { Entry } from './entry.ts';

/** One simple query with everything in it, which is one transaction: less can't be sent. */
export const oneQuery: Entry = limit('one query', 'everything in one simple query (L1, L3)', {});

export const withoutDisk: Entry = limit('one query, no flush', 'the same, without waiting for the disk (L4)', {
  options: '-c synchronous_commit=off',
});

function limit(name: string, how: string, config: pg.PoolConfig): Entry {
  return {
    name,
    how,
    kind: 'limit',
    open: async ({ url, connections }) => {
      const pool = new pg.Pool({ connectionString: url, max: connections, ...config });
      const send = async (statements: readonly string[]): Promise<void> =>
        void (await pool.query(statements.join(';\n')));
      return {
        provision: (org, models, { schema }) =>
          send([...(schema ? [createSchema(org)] : []), ...createTables(org, models)]),
        addColumn: (org, table) => send([SET_LOCK_TIMEOUT, addColumn(org, table)]),
        dropColumn: (org, table) => send([SET_LOCK_TIMEOUT, dropColumn(org, table)]),
        close: () => pool.end(),
      };
    },
  };
}

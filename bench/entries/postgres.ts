import postgres from 'postgres';
import { SET_LOCK_TIMEOUT, addColumn, createSchema, createTables, dropColumn } from '../sql.ts';
import type { Entry } from './entry.ts';

type Send = (sql: postgres.TransactionSql, statements: readonly string[]) => unknown;

export const postgresOneByOne: Entry = entry(
  'postgres',
  'sql.begin, one statement at a time',
  async (sql, statements) => {
    for (const statement of statements) await sql.unsafe(statement);
  },
);

/** A list is sent without waiting for the answers in between. */
export const postgresPipelined: Entry = entry(
  'postgres, pipelined',
  'sql.begin with a list of statements',
  (sql, all) => all.map((statement) => sql.unsafe(statement)),
);

function entry(name: string, how: string, send: Send): Entry {
  return {
    name,
    how,
    kind: 'peer',
    open: async ({ url, connections }) => {
      const sql = postgres(url, { max: connections, onnotice: () => {} });
      const inTransaction = async (statements: readonly string[]): Promise<void> =>
        void (await sql.begin((trx) => send(trx, statements)));
      return {
        provision: (org, models, { schema }) =>
          inTransaction([...(schema ? [createSchema(org)] : []), ...createTables(org, models)]),
        addColumn: (org, table) => inTransaction([SET_LOCK_TIMEOUT, addColumn(org, table)]),
        dropColumn: (org, table) => inTransaction([SET_LOCK_TIMEOUT, dropColumn(org, table)]),
        close: () => sql.end(),
      };
    },
  };
}

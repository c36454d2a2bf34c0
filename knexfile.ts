// Connections by NODE_ENV: DATABASE_URL, else a PostgreSQL that lives as long as the process that asked for it.
// knex's own command line reads it too, and with DATABASE_URL what it does lasts:
//   npx tsx node_modules/knex/bin/cli.js migrate:latest --knexfile knexfile.ts
import type { Knex } from 'knex';
import { databaseUrl } from './__tests__/support/embedded-postgres';

const embedded: Knex.Config = {
  client: 'pg',
  // Asked for on the first query, so that reading this file starts no server.
  connection: async () => ({ connectionString: await databaseUrl() }),
  pool: { min: 0, max: 5 },
};

const config = {
  development: embedded,
  test: embedded,
  production: {
    client: 'pg',
    connection: () => {
      const connectionString = process.env.DATABASE_URL;
      // An empty server that vanishes at the end is no production database.
      if (!connectionString) throw new Error('NODE_ENV is production: set DATABASE_URL to the database.');
      return { connectionString };
    },
    pool: { min: 0, max: 10 },
  },
} satisfies Record<string, Knex.Config>;

export default config;

import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { MigrationDirection } from 'node-pg-migrate/runner';
import pg from 'pg';
import type { Model } from '../models.ts';
import type { Entry } from './entry.ts';

/** What its migration files read: a migration has no arguments. */
export interface MigrationTask {
  readonly models?: readonly Model[];
  readonly table?: string;
}

declare global {
  var nodePgMigrateTask: MigrationTask;
}

/** Where it notes what it ran, in each tenant's schema. */
export const MIGRATIONS_TABLE = 'pgmigrations';

const files = (name: string): string => fileURLToPath(new URL(`node-pg-migrate-files/${name}`, import.meta.url));

/** A migration file for each tenant, on a connection that stays open; without its own lock, which is three queries more. */
export const nodePgMigrate: Entry = {
  name: 'node-pg-migrate',
  how: 'its runner, with a table of migrations in each schema',
  kind: 'peer',
  open: async ({ url }) => {
    const dbClient = new pg.Client({ connectionString: url });
    await dbClient.connect();
    const migrate = async (org: string, dir: string, direction: MigrationDirection, createSchema = false) => {
      const options = { migrationsTable: MIGRATIONS_TABLE, schema: org, createSchema, noLock: true, count: 1 };
      const log = (): void => {};
      const ran = await runner({ dbClient, dir: files(dir), direction, singleTransaction: true, log, ...options });
      if (ran.length !== 1) throw new Error(`node-pg-migrate ran ${ran.length} migrations`);
    };
    return {
      provision: async (org, models, { schema }) => {
        globalThis.nodePgMigrateTask = { models };
        await migrate(org, 'models', 'up', schema);
      },
      prepare: async (operation, org) => {
        const table = `"${org}"."${MIGRATIONS_TABLE}"`;
        await dbClient.query(
          `create table if not exists ${table} (id serial primary key, name varchar(255) not null, run_on timestamp not null)`,
        );
        await dbClient.query(`delete from ${table}`);
        if (operation === 'dropColumn') {
          await dbClient.query(`insert into ${table} (name, run_on) values ('1_column', now())`);
        }
      },
      addColumn: async (org, table) => {
        globalThis.nodePgMigrateTask = { table };
        await migrate(org, 'column', 'up');
      },
      dropColumn: async (org, table) => {
        globalThis.nodePgMigrateTask = { table };
        await migrate(org, 'column', 'down');
      },
      close: () => dbClient.end(),
    };
  },
};

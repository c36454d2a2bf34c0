import type { Entry } from './entry.ts';
import { knexInTransaction, knexWithoutTransaction } from './knex.ts';
import { kysely } from './kysely.ts';
import { oneQuery, withoutDisk } from './limits.ts';
import { nodePgMigrate } from './node-pg-migrate.ts';
import { rawPg } from './pg.ts';
import { postgresOneByOne, postgresPipelined } from './postgres.ts';
import { psql } from './psql.ts';
import { sequelize } from './sequelize.ts';
import { byRollOut, inCallersTransaction, onBareKnex } from './tenant-ddl.ts';
import { typeormByName, typeormByTable } from './typeorm.ts';

/** Everything that is measured. A new peer is its file and a line here. */
export const entries: readonly Entry[] = [
  onBareKnex,
  inCallersTransaction,
  byRollOut,
  rawPg,
  postgresOneByOne,
  postgresPipelined,
  knexInTransaction,
  knexWithoutTransaction,
  kysely,
  typeormByTable,
  typeormByName,
  sequelize,
  nodePgMigrate,
  oneQuery,
  withoutDisk,
  psql,
].filter((entry: Entry) => entry.isAvailable?.() ?? true);

/** Those that the others, and the targets, are measured by. */
export const bases = { pg: rawPg, knex: knexInTransaction, limit: oneQuery } as const;

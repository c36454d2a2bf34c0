import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { ChangeOptions, Settings } from '../options/options';
import { settingsOf } from '../options/settings';
import { CITUS, isCitusIn } from '../run/wire/citus';
import { rowsOf, isMemory } from '../run/wire/send';
import { createMissing, OWN_SCHEMA, type OwnTables } from '../run/own-tables';
import { isKnex, usableKnex } from '../run/usable-knex';
import { EQ } from '../sql/qualified-sql';
import { askLedger } from './ask-ledger';
import { ledgerSql, LEDGER_TABLES } from './ledger-tables';

/**
 * Creates the two tables that record rollouts, in schema `tenant_ddl`, if they are missing. `rollOut` does so at its first
 * use. If the role of your rollouts may not create schemas, call this as a role that may, or have an admin run the SQL in
 * the error.
 *
 * @param db a Knex, or a list of them; not a transaction
 * @throws MigrationError PERMISSION_DENIED, with the SQL for an admin in its message
 * @example
 * await prepareLedger(knex);
 * // create schema "tenant_ddl"; create table "tenant_ddl"."rollout" (…); create table "tenant_ddl"."rollout_tenant" (…)
 */
export async function prepareLedger(db: Knex | readonly Knex[], options?: ChangeOptions): Promise<void> {
  const settings = settingsOf(options);
  for (const server of serversIn(db)) await ensureLedger(server, settings);
}

/** @throws MigrationError INVALID_SPEC if it is not a Knex, or is a transaction; UNSUPPORTED_DATABASE */
export function serversIn(db: Knex | readonly Knex[]): readonly Knex[] {
  const given: readonly unknown[] = isKnex(db) || !Array.isArray(db) ? [db] : db;
  return given.map((each) => ledgerServer(usableKnex('', each, 'The database must be a Knex, or a list of them')));
}

/** @throws MigrationError for one that cannot hold a ledger */
export function ledgerServer(server: Knex): Knex {
  if (isMemory(server)) {
    throw new MigrationError('pg-mem cannot hold the ledger of a rollout: run it on a PostgreSQL server.', {
      code: 'UNSUPPORTED_DATABASE',
    });
  }
  if (server.isTransaction !== true) return server;
  throw new MigrationError('A rollout runs its own transactions: pass a Knex, not a transaction.', {
    code: 'INVALID_SPEC',
  });
}

/** Without `to_regclass`, which fails where the role may not look into the schema. */
const LOOK = `select current_user::pg_catalog.text as role, ${CITUS},
  (select pg_catalog.bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage')) from pg_catalog.pg_namespace n where n.nspname ${EQ} 'tenant_ddl') as schema,
  (select pg_catalog.json_object_agg(c.relname, pg_catalog.has_table_privilege(c.oid, 'select')
      and pg_catalog.has_table_privilege(c.oid, 'insert') and pg_catalog.has_table_privilege(c.oid, 'update'))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid ${EQ} c.relnamespace
    where n.nspname ${EQ} 'tenant_ddl' and c.relname ${EQ} any (array['rollout', 'rollout_tenant']::pg_catalog.text[]))::pg_catalog.text as tables`;

interface Look {
  readonly role: string;
  /** Whether the schema may be used; null where there is none. */
  readonly schema: boolean | null;
  readonly tables: string | null;
}

/** Creates whatever is missing. */
export async function ensureLedger(server: Knex, settings: Settings): Promise<void> {
  const look = async (): Promise<OwnTables> => {
    const answers = await askLedger(server, LOOK, settings);
    const { role, schema, tables: text } = rowsOf<Look>(answers)[0] as Look;
    const tables = JSON.parse(text ?? '{}') as Readonly<Record<string, boolean>>;
    const missing = Object.entries(LEDGER_TABLES).flatMap(([name, sql]) => (name in tables ? [] : sql));
    return {
      role,
      isOnCitus: isCitusIn(answers),
      mayUse: schema !== false && !Object.values(tables).includes(false),
      missing: [...(schema === null ? [OWN_SCHEMA] : []), ...missing],
    };
  };
  await createMissing(look, (statements) => askLedger(server, statements, settings), deniedError);
}

function deniedError(role: string, cause?: unknown): MigrationError {
  return new MigrationError(
    `The database role "${role}" may not create or use the ledger of rollouts, and nothing was changed. Let an admin run this once in the same database:\n${ledgerSql(role)}`,
    { code: 'PERMISSION_DENIED', cause },
  );
}

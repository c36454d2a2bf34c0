import type { Knex } from 'knex';

// Each table takes several of the server's lock slots (its indexes and TOAST table too) until the transaction ends.
const TABLES_PER_BATCH = 500;

/** Drops a schema and all that is in it, in as many transactions as its size needs. Does nothing when there is none. */
export async function dropSchema(db: Knex, schema: string): Promise<void> {
  for (;;) {
    const { rows } = await db.raw(
      `select count(*)::int as count, string_agg(format('%I.%I', schemaname, tablename), ', ') as tables
       from (select * from pg_tables where schemaname = ? limit ?) as batch`,
      [schema, TABLES_PER_BATCH],
    );
    const { count, tables } = rows[0] as { count: number; tables: string };
    if (count < TABLES_PER_BATCH) break;
    await db.raw(verbatim(`drop table if exists ${tables} cascade`));
  }
  await db.raw(verbatim(`drop schema if exists ${await quoted(db, schema)} cascade`));
}

/** Drops a role and what it owns in this database. Does nothing when there is none. */
export async function dropRole(db: Knex, role: string): Promise<void> {
  const { rows } = await db.raw('select from pg_roles where rolname = ?', [role]);
  if (rows.length === 0) return;
  const name = await quoted(db, role);
  await db.raw(verbatim(`drop owned by ${name} cascade; drop role ${name}`));
}

/** Quoted by the server: knex would split a name at its dots. */
async function quoted(db: Knex, name: string): Promise<string> {
  const { rows } = await db.raw('select quote_ident(?) as quoted', [name]);
  return (rows[0] as { quoted: string }).quoted;
}

/** Keeps knex from reading a question mark in a name as a binding. */
function verbatim(sql: string): string {
  return sql.replaceAll('?', '\\?');
}

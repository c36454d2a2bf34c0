import type { Knex } from 'knex';
import { ORGS } from '../task-plan';

/** The columns of a table, as its own server has them. */
const COLUMNS = (table: string): string =>
  `select coalesce(string_agg(concat(attname, ' ', format_type(atttypid, atttypmod)), ', ' order by attname), '')
   from pg_attribute where attrelid = ${table}::regclass and attnum > 0 and not attisdropped`;

/** Each table that is not on its worker what it is on the coordinator, in words. */
export async function differingShards(admin: Knex): Promise<readonly string[]> {
  const { rows } = await admin.raw<{ rows: { name: string; columns: string }[] }>(
    `select format('%I.%I', n.nspname, c.relname) as name, (${COLUMNS('c.oid')}) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname = any(?)`,
    [[...ORGS]],
  );
  const wrong: string[] = [];
  for (const { name, columns } of rows) {
    const { rows: shards } = await admin.raw<{ rows: { success: boolean; result: string }[] }>(
      'select success, result from run_command_on_placements(?, ?)',
      [name, COLUMNS("'%1$s'")],
    );
    if (shards.length !== 1) wrong.push(`${name} has ${shards.length} shards`);
    for (const { success, result } of shards)
      if (!success || result !== columns) wrong.push(`${name} is (${columns}), and on its worker (${result})`);
  }
  return wrong;
}

import { MAX_IDENTIFIER_BYTES } from '../sql/identifier';
import { EQ, LE, MINUS, PLUS } from '../sql/qualified-sql';

/**
 * From PostgreSQL 18 on, a NOT NULL is a constraint, and the server names it. Rows with the old and the new name of
 * those that still have the server's name, unless the new name is taken.
 *
 * @param relation the table, as an expression
 * @param tables its name before and now; `columns` maps the column's present name to the old one
 */
export function renamedNotNulls(
  relation: string,
  tables: { readonly old: string; readonly now: string },
  columns: { readonly old: (name: string) => string },
): string {
  const column = 'a.attname::pg_catalog.text';
  return `select true, k.conname::pg_catalog.text, n.old_name, n.new_name
      from pg_catalog.pg_constraint k
      join pg_catalog.pg_attribute a on a.attrelid ${EQ} k.conrelid and a.attnum ${EQ} k.conkey[1]
      cross join lateral (
        select ${serversName(tables.old, columns.old(column))} as old_name, ${serversName(tables.now, column)} as new_name) n
      where k.conrelid ${EQ} ${relation} and k.contype ${EQ} 'n' and k.coninhcount ${EQ} 0 and not exists (
        select from pg_catalog.pg_constraint o where o.conrelid ${EQ} ${relation} and o.conname ${EQ} n.new_name)`;
}

/** Without the suffix: what the server leaves for the names of the table and the column, with an underscore between them. */
const ENDING = '_not_null';
const ROOM = MAX_IDENTIFIER_BYTES - ENDING.length - 1;
const HALF = Math.floor(ROOM / 2);

/**
 * `table_column_not_null`. If that is too long, the longer of both names is cut, byte by byte, in the encoding of the
 * database (makeObjectName in src/backend/commands/indexcmds.c): both are cut to half only if both are longer.
 */
function serversName(table: string, column: string): string {
  return `(select pg_catalog.concat(${cut('t', 't_bytes')}, '_', ${cut('c', 'c_bytes')}, '${ENDING}')
          from (select t, c, case when (t_length ${PLUS} c_length) ${LE} ${ROOM} or t_length ${LE} ${HALF} then t_length
                when c_length ${LE} ${HALF} then ${ROOM} ${MINUS} c_length else ${ROOM - HALF} end as t_bytes,
              case when (t_length ${PLUS} c_length) ${LE} ${ROOM} or c_length ${LE} ${HALF} then c_length
                when t_length ${LE} ${HALF} then ${ROOM} ${MINUS} t_length else ${HALF} end as c_bytes
            from (select t, c, pg_catalog.octet_length(t) as t_length, pg_catalog.octet_length(c) as c_length
              from (select ${table}::pg_catalog.text as t, ${column} as c) names) lengths) cuts)`;
}

/** As many whole characters as fit. */
function cut(text: string, bytes: string): string {
  return `(select pg_catalog.left(${text}, i) from pg_catalog.generate_series(0, pg_catalog.length(${text})) i
            where pg_catalog.octet_length(pg_catalog.left(${text}, i)) ${LE} ${bytes} order by i desc limit 1)`;
}

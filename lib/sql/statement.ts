import { createHash } from 'node:crypto';
import { literal } from './literal';

/** A query that many changes send, with a text for each parameter: a connection can keep it prepared. */
export interface Query {
  /** Of the prepared statement: another one for every text of the query. */
  readonly name: string;
  readonly sql: string;
  /** For `$1`, `$2`, … */
  readonly values: readonly string[];
}

/** What is sent: SQL as it stands, or a query that may be prepared. */
export type Statement = string | Query;

/** Of the hash in a name: enough to tell the versions of one query apart. */
const HASH_LENGTH = 8;

/** @param what names it for those who read the server's log */
export function query(what: string, sql: string): (...values: readonly string[]) => Query {
  const name = `tenant_ddl_${what}_${createHash('sha256').update(sql).digest('hex').slice(0, HASH_LENGTH)}`;
  return (...values) => ({ name, sql, values });
}

/** The query with its values in it. */
export function inPlace({ sql, values }: Query): string {
  return sql.replace(/\$(\d)/g, (_parameter, number) => literal(values[Number(number) - 1] as string));
}

/** The call of the query where it has been prepared. */
export function execution({ name, values }: Query): string {
  return `execute ${name}(${values.map(literal).join(', ')})`;
}

export function preparation({ name, sql }: Query): string {
  return `prepare ${name} as ${sql}`;
}

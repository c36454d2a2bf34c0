import { createHash } from 'node:crypto';
import { literal } from './literal';

/** A query that many changes send, with a text for each parameter, so a connection can keep it prepared. */
export interface Query {
  /** The name of the prepared statement: different for every text of the query. */
  readonly name: string;
  readonly sql: string;
  /** For `$1`, `$2`, … */
  readonly values: readonly string[];
}

/** What is sent: plain SQL, or a query that can be prepared. */
export type Statement = string | Query;

/** The length of the hash in a name: enough to distinguish the versions of a query. */
const HASH_LENGTH = 8;

/** @param what a name for readers of the server's log */
export function query(what: string, sql: string): (...values: readonly string[]) => Query {
  const name = `tenant_ddl_${what}_${createHash('sha256').update(sql).digest('hex').slice(0, HASH_LENGTH)}`;
  return (...values) => ({ name, sql, values });
}

/** The query with its values in it. */
export function inPlace({ sql, values }: Query): string {
  return sql.replace(/\$(\d)/g, (_parameter, number) => literal(values[Number(number) - 1] as string));
}

/** Executes the prepared query. */
export function execution({ name, values }: Query): string {
  return `execute ${name}(${values.map(literal).join(', ')})`;
}

export function preparation({ name, sql }: Query): string {
  return `prepare ${name} as ${sql}`;
}

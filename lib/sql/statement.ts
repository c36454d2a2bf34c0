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

/** SQL whose text on a Citus cluster differs by more than the block around it (citus-form.ts). */
export interface Twofold {
  readonly sql: string;
  readonly onCitus: string;
}

/** What is sent: plain SQL, also with another text for Citus, or a query that can be prepared. */
export type Statement = string | Query | Twofold;

export function isQuery(statement: Statement): statement is Query {
  return typeof statement !== 'string' && 'values' in statement;
}

/** The text of a statement that is not a query, on a plain server. */
export function plainSql(statement: string | Twofold): string {
  return typeof statement === 'string' ? statement : statement.sql;
}

/** The text of any statement, on a plain server. */
export function textOf(statement: Statement): string {
  return isQuery(statement) ? inPlace(statement) : plainSql(statement);
}

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

import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import { isBlock } from '../guard';
import type { Identifier } from '../identifier';
import type { Settings } from '../options';
import { isOwnLock } from '../own-lock';
import type { Statement } from '../query';
import { joined } from './batch';
import { explainedInMemory } from './explain';
import { send, type Answer } from './send';
import type { Work } from './work';

/**
 * pg-mem: the statements alone. It knows neither savepoints, nor advisory locks, nor transaction ids, and
 * has no timeouts; what a change does to the tables is the same.
 */
export async function inMemory(
  { org, statements, subjects }: Work,
  db: Knex,
  _settings: Settings,
): Promise<readonly Answer[]> {
  if (statements.some((statement) => typeof statement === 'string' && RETYPES.test(statement))) {
    throw new MigrationError(
      'pg-mem cannot change the type of a column, and nothing was changed. Test this change on a PostgreSQL server.',
      { code: 'UNSUPPORTED_DATABASE', org, table: subjects.length === 1 ? subjects[0]?.table : undefined },
    );
  }
  const known = statements.filter(isKnown).map(withoutAddedCheck).map(unqualified);
  try {
    return await send(db, joined(known));
  } catch (error) {
    throw explainedInMemory(withoutStatement(error), org, subjects);
  }
}

/** It would convert nothing, or not every value as PostgreSQL does. */
const RETYPES = /\balter column "[^"]+" type /;

/** It has no catalogs to look into. */
function isKnown(statement: Statement): statement is string {
  return typeof statement === 'string' && !isBlock(statement) && !isOwnLock(statement);
}

/** `alter table … add column … constraint "…" check (…)`: pg-mem trips over it ("Corrupted alias"). */
const ADDED_CHECK =
  /^(alter table \S+ add column .*?) constraint "[^"]*" check \("[^"]*" operator\(pg_catalog\.=\) any \(array\[(?:E?'(?:''|[^'])*'(?:, )?)+\]::pg_catalog\.text\[\]\)\)/s;

/** An Enum that is added takes any text there; one that is created with its model does not. */
function withoutAddedCheck(statement: string): string {
  return statement.replace(ADDED_CHECK, '$1');
}

/** A constant or a quoted name, in which nothing is to be read; or what says that it is PostgreSQL's own. */
const QUALIFICATION = /E'(?:''|\\.|[^'\\])*'|'(?:''|[^'])*'|"[^"]*"|operator\(pg_catalog\.(\S+?)\)|\bpg_catalog\./gs;

/** pg-mem has no OPERATOR(…), and only one schema of functions to find them in. */
function unqualified(statement: string): string {
  return statement.replace(QUALIFICATION, (found, sign: string | undefined) => {
    if (sign !== undefined) return sign;
    return found === 'pg_catalog.' ? '' : found;
  });
}

/** pg-mem ends its message, and the stack, with the statement: the values in it are nobody's to log. */
function withoutStatement(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const [message = ''] = error.message.split('\n', 1);
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  error.message = message;
  error.stack = [`${error.name}: ${message}`, ...frames].join('\n');
  return error;
}

/** What `search_path` does on a server: tables without a schema are the org's. */
export function defaultToSchema(db: Knex, org: Identifier): void {
  const client = db.client as { queryBuilder: () => Knex.QueryBuilder };
  const queryBuilder = client.queryBuilder.bind(client);
  client.queryBuilder = () => queryBuilder().withSchema(org);
}

import { quoted, type Identifier } from '../identifier';
import { literal } from '../literal';
import type { Settings } from '../options';
import type { Work } from './work';

/** The savepoint that every change in a caller's transaction stands behind. */
const SAVEPOINT = 'tenant_ddl';

type Timeouts = Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>;

type Batch = Pick<Work, 'org' | 'statements' | 'lockWaits'>;

/** A change in a transaction of the caller's: one query, after which its timeouts are what they were. */
export function savepointBatch({ org, statements, lockWaits }: Batch, timeouts: Timeouts): string {
  return joined([
    `savepoint ${SAVEPOINT}`,
    `select ${keepTimeouts()}, ${setTimeouts(timeouts)}`,
    takeTurn(org),
    ...shareLockTimeout(lockWaits, timeouts),
    ...statements,
    // SET LOCAL outlives RELEASE (manual, SET): the old values have to be put back.
    `select ${putTimeoutsBack()}`,
    `release savepoint ${SAVEPOINT}`,
  ]);
}

/** What undoes a batch that failed; `questions` are asked in the same round trip. */
export function rollbackToSavepoint(...questions: readonly string[]): string {
  return joined([`rollback to savepoint ${SAVEPOINT}`, `release savepoint ${SAVEPOINT}`, ...questions]);
}

/** A change in a transaction of its own, up to its COMMIT. */
export function beginBatch({ org, statements, lockWaits }: Batch, timeouts: Timeouts, identity: string): string {
  return joined([
    'begin',
    `select ${setTimeouts(timeouts)}, ${identity}`,
    takeTurn(org),
    ...shareLockTimeout(lockWaits, timeouts),
    ...statements,
  ]);
}

/** What a tenant's transaction begins with; `tenant_ddl_schema` is null where the schema is not there. */
export function tenantSetup(
  org: Identifier,
  sharedSchemas: readonly Identifier[],
  timeouts: Timeouts,
  identity: string,
): string {
  const searchPath = literal([org, ...sharedSchemas].map(quoted).join(', '));
  // A search_path skips what does not exist: unqualified names would lead to another schema.
  const schema = `(select oid::text from pg_catalog.pg_namespace where nspname = ${literal(org)}) as tenant_ddl_schema`;
  return `select ${set('search_path', searchPath)}, ${setTimeouts(timeouts)}, ${identity}, ${schema}`;
}

export function joined(statements: readonly string[]): string {
  return statements.join(';\n');
}

/** Changes to one tenant take turns, until the transaction ends (manual 13.3.5, Advisory Locks). */
function takeTurn(org: Identifier): string {
  return `select pg_advisory_xact_lock(hashtextextended(${literal(`tenant_ddl ${org}`)}, 0))`;
}

/**
 * `lock_timeout` counts for each lock anew. A change that waits for its second table keeps the readers of
 * the first one waiting: so the waits share the time.
 */
function shareLockTimeout(lockWaits: number, { lockTimeoutMs }: Timeouts): readonly string[] {
  if (lockWaits < 2) return [];
  const shareMs = Math.max(1, Math.floor(lockTimeoutMs / lockWaits));
  return [`select ${set('lock_timeout', literal(`${shareMs}ms`))}`];
}

function setTimeouts({ lockTimeoutMs, statementTimeoutMs }: Timeouts): string {
  return [
    set('lock_timeout', literal(`${lockTimeoutMs}ms`)),
    set('statement_timeout', literal(`${statementTimeoutMs}ms`)),
  ].join(', ');
}

function keepTimeouts(): string {
  return TIMEOUTS.map((name) => set(`${SAVEPOINT}.${name}`, `current_setting('${name}')`)).join(', ');
}

function putTimeoutsBack(): string {
  return TIMEOUTS.map((name) => set(name, `current_setting('${SAVEPOINT}.${name}')`)).join(', ');
}

const TIMEOUTS = ['lock_timeout', 'statement_timeout'] as const;

/** SET LOCAL, as a function: in one query with others, and with a value that is an expression. */
function set(name: string, value: string): string {
  return `set_config('${name}', ${value}, true)`;
}

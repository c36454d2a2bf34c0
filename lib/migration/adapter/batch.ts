import { quoted, type Identifier } from '../identifier';
import { literal } from '../literal';
import type { Settings } from '../options';
import type { Work } from './work';

/** The savepoint that every change in a caller's transaction stands behind. */
const SAVEPOINT = 'tenant_ddl';

type Timeouts = Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>;

type Batch = Pick<Work, 'org' | 'statements' | 'lockWaits'>;

/** A change in a transaction of the caller's: one query, after which its settings are what they were. */
export function savepointBatch({ org, statements, lockWaits }: Batch, timeouts: Timeouts): string {
  return joined([
    `savepoint ${SAVEPOINT}`,
    `select ${keepSettings()}`,
    ...setTimeouts(timeouts),
    `select ${turn(org)}`,
    ...shareLockTimeout(lockWaits, timeouts),
    ...statements,
    // SET LOCAL outlives RELEASE (manual, SET): the old values have to be put back.
    `select ${putSettingsBack()}`,
    `release savepoint ${SAVEPOINT}`,
  ]);
}

/** What undoes a batch that failed; `questions` are asked in the same round trip. */
export function rollbackToSavepoint(...questions: readonly string[]): string {
  // Released last: a question that fails itself must still find a savepoint to go back to.
  return joined([`rollback to savepoint ${SAVEPOINT}`, ...questions, `release savepoint ${SAVEPOINT}`]);
}

/** A change in a transaction of its own, up to its COMMIT. */
export function beginBatch({ org, statements, lockWaits }: Batch, timeouts: Timeouts, identity: string): string {
  return joined([
    'begin',
    ...setTimeouts(timeouts),
    `select ${turn(org)}, ${identity}`,
    ...shareLockTimeout(lockWaits, timeouts),
    ...statements,
  ]);
}

/**
 * What a tenant's transaction begins with; `tenant_ddl_schema` tells whether the schema is there and may be
 * used. A search_path skips one that is not, and unqualified names would lead to another schema.
 */
export function tenantSetup(
  org: Identifier,
  sharedSchemas: readonly Identifier[],
  timeouts: Timeouts,
  identity: string,
): string {
  // Searched first unless it is named: a temporary table of the session would stand before the tenant's.
  const searchPath = [...[org, ...sharedSchemas].map(quoted), 'pg_temp'].join(', ');
  const usable = `case when has_schema_privilege(oid, 'usage') then 'usable' else 'forbidden' end`;
  const schema = `(select ${usable} from pg_catalog.pg_namespace where nspname = ${literal(org)}) as tenant_ddl_schema`;
  return joined([`set local search_path = ${searchPath}`, ...setTimeouts(timeouts), `select ${identity}, ${schema}`]);
}

export function joined(statements: readonly string[]): string {
  return statements.join(';\n');
}

/** Changes to one tenant take turns, until the transaction ends (manual 13.3.5, Advisory Locks). */
function turn(org: Identifier): string {
  return `pg_advisory_xact_lock(hashtextextended(${literal(`tenant_ddl ${org}`)}, 0))`;
}

/**
 * `lock_timeout` counts for each lock anew. A change that waits for its second table keeps the readers of
 * the first one waiting: so the waits share the time.
 */
function shareLockTimeout(lockWaits: number, { lockTimeoutMs }: Timeouts): readonly string[] {
  if (lockWaits < 2) return [];
  const shareMs = Math.max(1, Math.floor(lockTimeoutMs / lockWaits));
  return [`set local lock_timeout = ${literal(`${shareMs}ms`)}`];
}

/** No queries, which the server would have to plan. */
function setTimeouts({ lockTimeoutMs, statementTimeoutMs }: Timeouts): readonly string[] {
  return [
    `set local lock_timeout = ${literal(`${lockTimeoutMs}ms`)}`,
    `set local statement_timeout = ${literal(`${statementTimeoutMs}ms`)}`,
  ];
}

/** The caller's, which a batch changes for itself. */
const SETTINGS = ['lock_timeout', 'statement_timeout'] as const;

function keepSettings(): string {
  return SETTINGS.map((name) => set(`${SAVEPOINT}.${name}`, `current_setting('${name}')`)).join(', ');
}

function putSettingsBack(): string {
  return SETTINGS.map((name) => set(name, `current_setting('${SAVEPOINT}.${name}')`)).join(', ');
}

/** SET LOCAL, as a function: its value is an expression. */
function set(name: string, value: string): string {
  return `set_config('${name}', ${value}, true)`;
}

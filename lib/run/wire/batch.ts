import { quoted, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import { setLocal, settingBack } from '../../sql/session-settings';
import { EQ } from '../../sql/qualified-sql';
import type { Statement } from '../../sql/statement';
import { formFor } from './citus';
import { prepareFor, sessionColumns } from './prepared';
import type { Connection } from './send';
import { identityColumns } from './transaction-identity';
import {
  turn,
  turnName,
  turnOf,
  turnWithIdentity,
  turnWithRow,
  TURN_IN_TRANSACTION,
  type Batch,
  type Timeouts,
} from './turn';

/** The savepoint before every change in a caller's transaction. */
const SAVEPOINT = 'tenant_ddl';

/** A change in the caller's transaction: one query that leaves its settings unchanged. */
export function savepointBatch(work: Batch, timeouts: Timeouts, connection: Connection): string {
  const { statements, readsCatalog = false, mark, changesNothing = false } = work;
  const inside: readonly Statement[] = [
    `select ${[...keepSettings(), ...sessionColumns(connection)].join(', ')}`,
    ...setTimeouts(timeouts),
    ...(changesNothing
      ? []
      : withOtherTurn(work, turnOf(TURN_IN_TRANSACTION[readsCatalog ? 'looks' : 'plain'], work, timeouts))),
    ...statements,
    // SET LOCAL outlives RELEASE SAVEPOINT, so the caller's values have to be restored (PostgreSQL manual, SET).
    settingBack(
      SETTINGS.map((name) => [name, `${SAVEPOINT}.${name}`]),
      setMark(mark),
    ),
  ];
  // Everything that can fail, even preparing, comes after the savepoint.
  return joined([`savepoint ${SAVEPOINT}`, ...prepareFor(connection, inside), `release savepoint ${SAVEPOINT}`]);
}

/** The beginning of {@link rollbackToSavepoint}. */
export const ROLLBACK_OF_A_CHANGE = `rollback to savepoint ${SAVEPOINT};`;

/** Rolls back a failed batch; `questions` are asked in the same round trip. */
export function rollbackToSavepoint(...questions: readonly string[]): string {
  // Released last: if a question fails, there must still be a savepoint to roll back to.
  return `${ROLLBACK_OF_A_CHANGE}\n${joined([...questions, `release savepoint ${SAVEPOINT}`])}`;
}

/**
 * A role, a database or a server may have another default, at which the catalog and rows are seen as they were before
 * the turn.
 */
const BEGIN = 'begin isolation level read committed';

/** A change in its own transaction, up to COMMIT. */
export function beginBatch(work: Batch, timeouts: Timeouts, connection: Connection): string {
  const inside: readonly Statement[] = [
    ...setTimeouts(timeouts),
    ...withOtherTurn(work, turnWithIdentity(work, timeouts, connection)),
    ...work.statements,
  ];
  return joined([BEGIN, ...prepareFor(connection, inside)]);
}

/** The turns of two orgs come in the same order whichever is which, so two such changes never wait for each other. */
function withOtherTurn({ org, otherOrg }: Batch, own: Statement): readonly Statement[] {
  if (otherOrg === undefined || otherOrg === org) return [own];
  const other = `select ${turn(literal(turnName(otherOrg)))}`;
  return otherOrg < org ? [other, own] : [own, other];
}

/**
 * A change with its row in the ledger of a rollout, and COMMIT, in one query. If the answer to COMMIT is lost, the row
 * tells what happened, so nothing else is asked about the transaction.
 */
export function ledgeredBatch(work: Batch, timeouts: Timeouts, connection: Connection): string {
  const inside: readonly Statement[] = [
    ...setTimeouts(timeouts),
    turnWithRow(work, timeouts, connection),
    ...work.statements,
  ];
  return joined([BEGIN, ...prepareFor(connection, inside), work.ledger?.trial === true ? 'rollback' : 'commit']);
}

/**
 * The beginning of a tenant's transaction; `tenant_ddl_schema` is whether the schema exists and may be used. A
 * search_path skips one that does not, and unqualified names would resolve to another schema.
 */
export function tenantSetup(
  org: Identifier,
  sharedSchemas: readonly Identifier[],
  { turnFirst, ...timeouts }: Timeouts & { readonly turnFirst: boolean },
  connection: Connection,
): string {
  // Searched first unless it is named: a temporary table of the session would hide the tenant's.
  const searchPath = [...[org, ...sharedSchemas].map(quoted), 'pg_temp'].join(', ');
  const usable = `case when pg_catalog.has_schema_privilege(oid, 'usage') then 'usable' else 'forbidden' end`;
  const schema = `(select ${usable} from pg_catalog.pg_namespace where nspname ${EQ} ${literal(org)}) as tenant_ddl_schema`;
  const turns = turnFirst ? [turn(literal(turnName(org)))] : [];
  const columns = [...turns, ...identityColumns(connection), ...sessionColumns(connection), schema];
  const timeoutsThere = setTimeouts(timeouts).map(formFor(connection));
  return joined([`set local search_path = ${searchPath}`, ...timeoutsThere, `select ${columns.join(', ')}`]);
}

export function joined(statements: readonly string[]): string {
  return statements.join(';\n');
}

/** Not queries, which the server would have to plan. */
export function setTimeouts({ lockTimeoutMs, statementTimeoutMs }: Timeouts): readonly string[] {
  return [
    `set local lock_timeout = ${literal(`${lockTimeoutMs}ms`)}`,
    `set local statement_timeout = ${literal(`${statementTimeoutMs}ms`)}`,
  ];
}

/** The caller's settings that a batch changes for itself. */
const SETTINGS = ['lock_timeout', 'statement_timeout'] as const;

function keepSettings(): readonly string[] {
  return SETTINGS.map((name) => setLocal(`${SAVEPOINT}.${name}`, `pg_catalog.current_setting('${name}')`));
}

/** The marks of changes that were not rolled back: SET LOCAL is undone with its savepoint. */
export const STANDING = `pg_catalog.current_setting('${SAVEPOINT}.standing', true)`;

function setMark(mark: string | undefined): readonly string[] {
  return mark === undefined
    ? []
    : [setLocal(`${SAVEPOINT}.standing`, `pg_catalog.concat(${STANDING}, ${literal(` ${mark}`)})`)];
}

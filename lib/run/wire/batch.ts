import { failing } from '../../sql/server-check';
import { qualified, quoted, type Identifier } from '../../sql/identifier';
import { literal } from '../../sql/literal';
import type { Settings } from '../../options/options';
import { EQ, isOneOf } from '../../sql/qualified-sql';
import { inPlace, query, type Query, type Statement } from '../../sql/statement';
import { fieldShare, keyedShare, keysAsJson } from './keyed-share';
import { onConnection, sessionColumns } from './prepared';
import type { Connection } from './send';
import { lockTimeoutShare, type Shared } from './lock-timeout-share';
import { MARK_DONE, REFUSE_UNLESS_MARKED } from './ledger-row';
import { IDENTITY, IDENTITY_ALONE, identityColumns, knownServer } from './transaction-identity';
import type { Work } from '../work';

/** The savepoint that every change in a caller's transaction stands behind. */
const SAVEPOINT = 'tenant_ddl';

type Timeouts = Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>;

type Batch = Pick<
  Work,
  'org' | 'statements' | 'lockedTables' | 'keysDropped' | 'readsCatalog' | 'mark' | 'ledger' | 'changesNothing'
>;

/** A change in a transaction of the caller's: one query, after which its settings are what they were. */
export function savepointBatch(work: Batch, timeouts: Timeouts, connection: Connection): string {
  const { statements, readsCatalog = false, mark, changesNothing = false } = work;
  const inside: readonly Statement[] = [
    `select ${[...keepSettings(), ...sessionColumns(connection)].join(', ')}`,
    ...setTimeouts(timeouts),
    ...(changesNothing ? [] : [turnOf(TURN_IN_TRANSACTION[readsCatalog ? 'looks' : 'plain'], work, timeouts)]),
    ...statements,
    // SET LOCAL outlives RELEASE (manual, SET): the old values have to be put back.
    `select ${[...putSettingsBack(), ...setMark(mark)].join(', ')}`,
  ];
  // Whatever fails, also in preparing, fails behind the savepoint.
  return joined([`savepoint ${SAVEPOINT}`, ...onConnection(connection, inside), `release savepoint ${SAVEPOINT}`]);
}

/** What {@link rollbackToSavepoint} begins with. */
export const ROLLBACK_OF_A_CHANGE = `rollback to savepoint ${SAVEPOINT};`;

/** What undoes a batch that failed; `questions` are asked in the same round trip. */
export function rollbackToSavepoint(...questions: readonly string[]): string {
  // Released last: a question that fails itself must still find a savepoint to go back to.
  return `${ROLLBACK_OF_A_CHANGE}\n${joined([...questions, `release savepoint ${SAVEPOINT}`])}`;
}

/**
 * A role, a database or a server may have another default, under which a look at the catalog or at rows
 * sees what was there before the turn was waited for.
 */
const BEGIN = 'begin isolation level read committed';

/** A change in a transaction of its own, up to its COMMIT. */
export function beginBatch(work: Batch, timeouts: Timeouts, connection: Connection): string {
  const inside: readonly Statement[] = [
    ...setTimeouts(timeouts),
    turnWithIdentity(work, timeouts, connection),
    ...work.statements,
  ];
  return joined([BEGIN, ...onConnection(connection, inside)]);
}

/**
 * A change with its row in the ledger of a rollout, and COMMIT: all of it in one query. The row answers for a COMMIT
 * whose answer is lost, so nothing else is asked about the transaction.
 */
export function ledgeredBatch(work: Batch, timeouts: Timeouts, connection: Connection): string {
  const inside: readonly Statement[] = [
    ...setTimeouts(timeouts),
    turnWithRow(work, timeouts, connection),
    ...work.statements,
  ];
  return joined([BEGIN, ...onConnection(connection, inside), work.ledger?.trial === true ? 'rollback' : 'commit']);
}

/**
 * What a tenant's transaction begins with; `tenant_ddl_schema` tells whether the schema is there and may be
 * used. A search_path skips one that is not, and unqualified names would lead to another schema.
 */
export function tenantSetup(
  org: Identifier,
  sharedSchemas: readonly Identifier[],
  { turnFirst, ...timeouts }: Timeouts & { readonly turnFirst: boolean },
  connection: Connection,
): string {
  // Searched first unless it is named: a temporary table of the session would stand before the tenant's.
  const searchPath = [...[org, ...sharedSchemas].map(quoted), 'pg_temp'].join(', ');
  const usable = `case when pg_catalog.has_schema_privilege(oid, 'usage') then 'usable' else 'forbidden' end`;
  const schema = `(select ${usable} from pg_catalog.pg_namespace where nspname ${EQ} ${literal(org)}) as tenant_ddl_schema`;
  const turns = turnFirst ? [turn(literal(turnName(org)))] : [];
  const columns = [...turns, ...identityColumns(connection), ...sessionColumns(connection), schema];
  return joined([`set local search_path = ${searchPath}`, ...setTimeouts(timeouts), `select ${columns.join(', ')}`]);
}

export function joined(statements: readonly string[]): string {
  return statements.join(';\n');
}

/** Changes to one tenant take turns, until the transaction ends (manual 13.3.5, Advisory Locks). */
function turn(name: string): string {
  return `pg_catalog.pg_advisory_xact_lock(${turnKey(name)})`;
}

/** The key of the advisory lock, from an expression for the name of the turn. */
export function turnKey(name: string): string {
  return `pg_catalog.hashtextextended(${name}, 0)`;
}

/** Under these, every look at the catalog would show what was there before the turn, and the table's lock, were waited for. */
export const OLDER_SNAPSHOT = isOneOf(`pg_catalog.current_setting('transaction_isolation')`, 'text', [
  `'repeatable read'`,
  `'serializable'`,
]);

function readCommitted(): string {
  return `case when ${OLDER_SNAPSHOT} then ${failing('isolation', `pg_catalog.current_setting('transaction_isolation')`)} end`;
}

/** Of the lock that a change takes first; the server shows it to those who look what a session runs. */
export function turnName(org: string): string {
  return `${TURN}${org}`;
}

/** What every {@link turnName} begins with. */
export const TURN = 'tenant_ddl ';

type TurnQueries = Readonly<Record<Shared | 'none' | 'keyed' | 'field', ReturnType<typeof query>>>;

/** The turn, with what else is asked in its statement, and the share of the lock timeout, for each number of tables. */
function turnQueries(what: string, ...columns: readonly string[]): TurnQueries {
  return turnQueriesAfter('', 1, what, columns);
}

/** @param parameters how many there are before those of the share */
function turnQueriesAfter(before: string, parameters: number, what: string, columns: readonly string[]): TurnQueries {
  const text = (...shares: readonly string[]): string =>
    `${before}select ${[turn('$1'), ...columns, ...shares].join(', ')}`;
  const [tables, timeoutMs, keys] = [1, 2, 3].map((place) => `$${parameters + place}`) as [string, string, string];
  return {
    none: query(what, text()),
    one: query(what, text(lockTimeoutShare('one', tables, timeoutMs))),
    several: query(what, text(lockTimeoutShare('several', tables, timeoutMs))),
    keyed: query(what, text(keyedShare(tables, keys, timeoutMs))),
    field: query(what, text(fieldShare(tables, keys, timeoutMs))),
  };
}

const turnWithRowQueries = (what: string, ...columns: readonly string[]): TurnQueries =>
  turnQueriesAfter(`${MARK_DONE} `, 4, what, [REFUSE_UNLESS_MARKED, ...columns]);

const TURN_WITH_ROW = turnWithRowQueries('turn_rollout');

const TURN_WITH_IDENTITY = {
  known: turnQueries('turn', IDENTITY),
  'not to be asked': turnQueries('turn', IDENTITY_ALONE),
};

const TURN_IN_TRANSACTION = {
  plain: turnQueries('turn_inside'),
  looks: turnQueries('turn_inside', readCommitted()),
};

/** A connection that is used for the first time is asked more. */
function turnWithIdentity(work: Batch, timeouts: Timeouts, connection: Connection): Statement {
  const known = knownServer(connection);
  const session = sessionColumns(connection);
  if (known !== 'new' && session.length === 0) return turnOf(TURN_WITH_IDENTITY[known], work, timeouts);
  const { sql, values } = turnOf(turnQueries('first_turn', ...identityColumns(connection), ...session), work, timeouts);
  return inPlace({ name: '', sql, values });
}

/** The turn, with the row of the ledger; a connection that is used for the first time tells its session, too. */
function turnWithRow(work: Batch, timeouts: Timeouts, connection: Connection): Statement {
  const { org, ledger } = work;
  const session = sessionColumns(connection);
  const row = ledger === undefined || ledger.trial ? [] : [String(ledger.rollout), org, String(ledger.attempt)];
  const withRow = row.length > 0;
  if (session.length === 0) return turnOf(withRow ? TURN_WITH_ROW : TURN_IN_TRANSACTION.plain, work, timeouts, row);
  const queries = withRow ? turnWithRowQueries('first_turn', ...session) : turnQueries('first_turn', ...session);
  const { sql, values } = turnOf(queries, work, timeouts, row);
  return inPlace({ name: '', sql, values });
}

function turnOf(
  queries: TurnQueries,
  { org, lockedTables = [], keysDropped = [] }: Batch,
  { lockTimeoutMs }: Timeouts,
  others: readonly string[] = [],
): Query {
  const own = [turnName(org), ...others];
  const [first, ...further] = lockedTables;
  if (first === undefined) return queries.none(...own);
  const [keys, ...otherKeys] = keysDropped;
  const isAlone = otherKeys.length === 0 && further.length === 0;
  if (isAlone && keys?.column !== undefined && keys.bothEnds !== true && first === qualified(org, keys.table)) {
    return queries.field(...own, first, String(lockTimeoutMs), keys.column);
  }
  if (keys !== undefined) {
    const all = keysAsJson(org, keysDropped);
    return queries.keyed(...own, JSON.stringify(lockedTables), String(lockTimeoutMs), all);
  }
  if (further.length === 0) return queries.one(...own, first, String(lockTimeoutMs));
  return queries.several(...own, JSON.stringify(lockedTables), String(lockTimeoutMs));
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

function keepSettings(): readonly string[] {
  return SETTINGS.map((name) => set(`${SAVEPOINT}.${name}`, `pg_catalog.current_setting('${name}')`));
}

function putSettingsBack(): readonly string[] {
  return SETTINGS.map((name) => set(name, `pg_catalog.current_setting('${SAVEPOINT}.${name}')`));
}

/** The changes of a transaction that were not taken back: SET LOCAL is undone with its savepoint. */
export const STANDING = `pg_catalog.current_setting('${SAVEPOINT}.standing', true)`;

function setMark(mark: string | undefined): readonly string[] {
  return mark === undefined
    ? []
    : [set(`${SAVEPOINT}.standing`, `pg_catalog.concat(${STANDING}, ${literal(` ${mark}`)})`)];
}

/** SET LOCAL, as a function: its value is an expression. */
function set(name: string, value: string): string {
  return `pg_catalog.set_config('${name}', ${value}, true)`;
}

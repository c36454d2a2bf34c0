import type { Settings } from '../../options/options';
import { qualified } from '../../sql/identifier';
import { OLDER_SNAPSHOT } from '../../sql/older-snapshot';
import { failing } from '../../sql/server-check';
import { inPlace, query, type Query, type Statement } from '../../sql/statement';
import type { Work } from '../work';
import { fieldShare, keyedShare, keysAsJson } from './keyed-share';
import { MARK_DONE, REFUSE_UNLESS_MARKED, type LedgerRow } from './ledger-row';
import { lockTimeoutShare, type Shared } from './lock-timeout-share';
import { sessionColumns } from './prepared';
import type { Connection } from './send';
import { IDENTITY, IDENTITY_ALONE, identityColumns, knownServer } from './transaction-identity';

export type Timeouts = Pick<Settings, 'lockTimeoutMs' | 'statementTimeoutMs'>;

export type Batch = Pick<
  Work,
  | 'org'
  | 'otherOrg'
  | 'statements'
  | 'lockedTables'
  | 'keysDropped'
  | 'readsCatalog'
  | 'mark'
  | 'ledger'
  | 'changesNothing'
>;

/** Changes to one tenant take turns, until the transaction ends (manual 13.3.5, Advisory Locks). */
export function turn(name: string): string {
  return `pg_catalog.pg_advisory_xact_lock(${turnKey(name)})`;
}

/** The key of the advisory lock, from an expression for the name of the turn. */
export function turnKey(name: string): string {
  return `pg_catalog.hashtextextended(${name}, 0)`;
}

function readCommitted(): string {
  return `case when ${OLDER_SNAPSHOT} then ${failing('isolation', `pg_catalog.current_setting('transaction_isolation')`)} end`;
}

/** The name of the lock that a change takes first; it is visible in `pg_stat_activity.query`. */
export function turnName(org: string): string {
  return `${TURN}${org}`;
}

/** What every {@link turnName} begins with. */
export const TURN = 'tenant_ddl ';

type TurnQueries = Readonly<Record<Shared | 'none' | 'keyed' | 'field', ReturnType<typeof query>>>;

/** The turn, with the other questions of its statement, and the share of the lock timeout, for each number of tables. */
function turnQueries(what: string, ...columns: readonly string[]): TurnQueries {
  return turnQueriesAfter('', 1, what, columns);
}

/** @param parameters the number of parameters before those of the share */
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
  turnQueriesAfter(`${MARK_DONE} `, 6, what, [REFUSE_UNLESS_MARKED, ...columns]);

const TURN_WITH_ROW = turnWithRowQueries('turn_rollout');

const TURN_WITH_IDENTITY = {
  known: turnQueries('turn', IDENTITY),
  'not to be asked': turnQueries('turn', IDENTITY_ALONE),
};

export const TURN_IN_TRANSACTION = {
  plain: turnQueries('turn_inside'),
  looks: turnQueries('turn_inside', readCommitted()),
};

/** A connection that is used for the first time is asked more questions. */
export function turnWithIdentity(work: Batch, timeouts: Timeouts, connection: Connection): Statement {
  const known = knownServer(connection);
  const session = sessionColumns(connection);
  if (known !== 'new' && session.length === 0) return turnOf(TURN_WITH_IDENTITY[known], work, timeouts);
  const { sql, values } = turnOf(turnQueries('first_turn', ...identityColumns(connection), ...session), work, timeouts);
  return inPlace({ name: '', sql, values });
}

/** The turn, with the row of the ledger; a connection that is used for the first time also returns its session. */
export function turnWithRow(work: Batch, timeouts: Timeouts, connection: Connection): Statement {
  const { org, ledger } = work;
  const session = sessionColumns(connection);
  const row = ledger === undefined || ledger.trial ? [] : rowValues(org, ledger);
  const withRow = row.length > 0;
  if (session.length === 0) return turnOf(withRow ? TURN_WITH_ROW : TURN_IN_TRANSACTION.plain, work, timeouts, row);
  const queries = withRow ? turnWithRowQueries('first_turn', ...session) : turnQueries('first_turn', ...session);
  const { sql, values } = turnOf(queries, work, timeouts, row);
  return inPlace({ name: '', sql, values });
}

function rowValues(org: string, { rollout, attempt, after = 0, upTo = 0 }: LedgerRow): readonly string[] {
  return [String(rollout), org, ...[attempt, after, upTo].map(String)];
}

export function turnOf(
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

import { execution, inPlace, isQuery, preparation, type Statement } from '../../sql/statement';
import { sqlStateOf } from '../failures/sql-states';
import { CITUS, formFor, learnCitus, learnFromFailure } from './citus';
import { ifPermitted, permittedIn } from './permitted';
import type { Answer, Connection } from './send';

/**
 * The names of the prepared statements of a connection, or that nothing can be prepared: behind a pooler, its session
 * changes (manual, PREPARE: it lasts for the session).
 */
const connections = new WeakMap<Connection, Set<string> | 'unfit'>();

const PID = `${ifPermitted(['pg_backend_pid()'], 'pg_catalog.pg_backend_pid()')} as tenant_ddl_pid`;

/** The columns that {@link learnSession} reads; none if the session is known. */
export function sessionColumns(connection: Connection): readonly string[] {
  return connections.has(connection) ? [] : [PID, CITUS];
}

/** Whether the driver's process id is known to be the server's own, and not a pooler's. */
export function isDirect(connection: Connection): boolean {
  return connections.get(connection) instanceof Set;
}

/** No pooler in between: the backend pid equals the one announced at connect. */
export function learnSession(connection: Connection, answers: readonly Answer[]): void {
  if (connections.has(connection)) return;
  learnCitus(connection, answers);
  const pid = permittedIn(answers, 'tenant_ddl_pid');
  const { processID } = connection as { readonly processID?: number };
  connections.set(connection, pid !== undefined && pid === String(processID) ? new Set() : 'unfit');
}

/**
 * The statements as a connection takes them. Planning a query costs the server more than running it, so it is prepared
 * once, before everything that could fail; not yet when a connection is used for the first time.
 */
export function prepareFor(connection: Connection, statements: readonly Statement[]): readonly string[] {
  const prepared = connections.get(connection) ?? 'unfit';
  const form = formFor(connection);
  const preparations: string[] = [];
  const sent = statements.map((statement) => {
    if (!isQuery(statement)) return form(statement);
    if (prepared === 'unfit') return inPlace(statement);
    if (!prepared.has(statement.name)) {
      prepared.add(statement.name);
      preparations.push(preparation(statement));
    }
    return execution(statement);
  });
  return [...preparations, ...sent];
}

/** invalid_sql_statement_name: DISCARD ALL, or another session. duplicate_prepared_statement: another session. */
const STALE: readonly (string | undefined)[] = ['26000', '42P05'];

/**
 * Sends the statements of {@link prepareFor}; if the session has forgotten one, once more, unprepared. Once more, too,
 * if the first batch to a server shows that it is Citus.
 */
export async function sendRemembering<T>(
  connection: Connection,
  attempt: { readonly send: () => Promise<T>; readonly undo: () => Promise<unknown> },
): Promise<T> {
  try {
    return await attempt.send();
  } catch (error) {
    const isStale = STALE.includes(sqlStateOf(error)) && connections.get(connection) !== 'unfit';
    if (isStale) connections.set(connection, 'unfit');
    else if (!learnFromFailure(connection, error)) throw error;
    await attempt.undo();
    return attempt.send();
  }
}

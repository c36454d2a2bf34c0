import { execution, inPlace, preparation, type Statement } from '../../sql/statement';
import { sqlStateOf } from '../failures/sql-states';
import { ifPermitted, permittedIn } from './permitted';
import type { Answer, Connection } from './send';

/**
 * The names of what is prepared on a connection, or that nothing can be: a pooler leads it to one session
 * now and to another then (manual, PREPARE: it lasts for the session).
 */
const connections = new WeakMap<Connection, Set<string> | 'unfit'>();

const PID = `${ifPermitted(['pg_backend_pid()'], 'pg_catalog.pg_backend_pid()')} as tenant_ddl_pid`;

/** A column that {@link learnSession} reads; nothing where it is known. */
export function sessionColumns(connection: Connection): readonly string[] {
  return connections.has(connection) ? [] : [PID];
}

/** Whether the driver's number of the server's process is known to be the server's own, and no pooler's. */
export function isDirect(connection: Connection): boolean {
  return connections.get(connection) instanceof Set;
}

/** The session that the server told the driver of, when they met, is the one that answers: nothing is in between. */
export function learnSession(connection: Connection, answers: readonly Answer[]): void {
  if (connections.has(connection)) return;
  const pid = permittedIn(answers, 'tenant_ddl_pid');
  const { processID } = connection as { readonly processID?: number };
  connections.set(connection, pid !== undefined && pid === String(processID) ? new Set() : 'unfit');
}

/**
 * The statements as a connection takes them. Planning a query costs the server more than running it: so it
 * is prepared once, before all that could fail, and the first time that a connection is used not yet.
 */
export function onConnection(connection: Connection, statements: readonly Statement[]): readonly string[] {
  const prepared = connections.get(connection) ?? 'unfit';
  const preparations: string[] = [];
  const sent = statements.map((statement) => {
    if (typeof statement === 'string') return statement;
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

/** Sends what {@link onConnection} gives; where the session has forgotten, once more without what was prepared. */
export async function rememberingSession<T>(
  connection: Connection,
  attempt: { readonly send: () => Promise<T>; readonly undo: () => Promise<unknown> },
): Promise<T> {
  try {
    return await attempt.send();
  } catch (error) {
    if (!STALE.includes(sqlStateOf(error)) || connections.get(connection) === 'unfit') throw error;
    connections.set(connection, 'unfit');
    await attempt.undo();
    return attempt.send();
  }
}

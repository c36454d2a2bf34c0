import type { Knex } from 'knex';
import { MigrationError } from '../errors';
import type { Settings } from '../options/options';
import { explainedError, failureAt } from '../run/failures/message';
import { classifyInUse } from '../run/failures/sql-states';
import { runWithRetries } from '../run/retry';
import { runInCallersTransaction } from '../run/ways/callers-transaction';
import { acquire } from '../run/wire/acquire';
import { joined, setTimeouts } from '../run/wire/batch';
import { awaitAnswer, batchLimitMs, statementLimitMs } from '../run/wire/limit';
import { clientOf, discard, isMemory, send, type Answer, type Connection } from '../run/wire/send';
import type { Identifier } from '../sql/identifier';
import { pinForReading, unpinAfterReading } from '../sql/session-settings';
import { schemasIn } from './decode';
import type { SchemaFacts, TableFacts } from './facts';
import type { Row } from './rows';
import { pagesQuery, schemasQuery, type Which } from './schemas-query';

/** What the reading of a page may keep in the server's memory before it writes it to disk. */
const WORK_MEMORY = '64MB';

/**
 * Reads schemas in one round trip: in the transaction that the tenant is, whose settings it leaves as they were, or in a
 * short one of its own, which is repeated where that can help. Takes no lock that anybody would wait for.
 *
 * @param org for errors; none where a page of tenants is read
 */
export async function readSchemas(
  which: Which,
  db: Knex,
  settings: Settings,
  org: Identifier = '' as Identifier,
): Promise<readonly SchemaFacts[]> {
  return asked(schemasQuery(which), (answers) => schemasOf(which, org, answers), db, settings, org);
}

/** The oids of schemas between which a page of them is. */
export async function readPageEnds(
  except: readonly string[],
  pageSize: number,
  db: Knex,
  settings: Settings,
): Promise<readonly string[]> {
  return asked(
    pagesQuery(except, pageSize),
    (answers) => rowsWith(answers, 'page_end').map((row) => row['page_end'] as string),
    db,
    settings,
  );
}

/** Asks a question, and reads the answer. */
async function asked<T>(
  question: string,
  read: (answers: readonly Answer[]) => T,
  db: Knex,
  settings: Settings,
  org: Identifier = '' as Identifier,
): Promise<T> {
  if (isMemory(db)) {
    throw new MigrationError('pg-mem has no catalogs to read. Read a tenant back on a PostgreSQL server.', {
      code: 'UNSUPPORTED_DATABASE',
      org,
    });
  }
  if (db.isTransaction === true) return read(await askInside(org, question, db, settings));
  return runWithRetries(settings.retry, async () => read(await askBeside(org, question, db, settings)), { org });
}

/** The rows that have a column, among those of all statements. */
function rowsWith(answers: readonly Answer[], column: string): readonly Readonly<Record<string, unknown>>[] {
  return answers.flatMap(({ rows = [] }) => rows).filter((row) => Object.hasOwn(row, column));
}

function schemasOf(which: Which, org: Identifier, answers: readonly Answer[]): readonly SchemaFacts[] {
  const schemas = schemasIn(rowsWith(answers, 'kind') as unknown as readonly Row[]);
  const isRead = ({ isChanging }: SchemaFacts): boolean => !isChanging || ('orgs' in which && which.waits === true);
  const torn = schemas.find((schema) => isRead(schema) && schema.tables.some(isTorn));
  if (torn === undefined) return schemas;
  // The server writes an expression down by the catalog as it is, and not as it was when the question began.
  throw new MigrationError(`Schema "${torn.name}" was changed while it was read. Read it again.`, {
    code: 'DATABASE_ERROR',
    org,
    retryScope: 'transaction',
  });
}

function isTorn({ constraints, columns }: TableFacts): boolean {
  return (
    constraints.some(({ type, check }) => type === 'c' && check === null) ||
    columns.some((column) => column.default === '')
  );
}

function askInside(org: Identifier, question: string, db: Knex, settings: Settings): Promise<readonly Answer[]> {
  const statements = [pinForReading(), question, unpinAfterReading()];
  return runInCallersTransaction({ org, statements, subjects: [], hazards: [], changesNothing: true }, db, settings);
}

async function askBeside(org: Identifier, question: string, db: Knex, settings: Settings): Promise<readonly Answer[]> {
  const statements = [
    // One snapshot, whatever the role's default is.
    'begin isolation level read committed read only',
    ...setTimeouts(settings),
    `set local work_mem = '${WORK_MEMORY}'`,
    pinForReading(),
    question,
    'commit',
  ];
  let connection: Connection | undefined;
  try {
    connection = await acquire(db);
    const limitMs = batchLimitMs({ statements: [question] }, settings);
    return await awaitAnswer(connection, limitMs, send(db, joined(statements), connection));
  } catch (error) {
    if (connection !== undefined) await rollBack(error, db, connection, settings);
    throw explainedError(error, failureAt(error, org));
  } finally {
    if (connection !== undefined) await clientOf(db).releaseConnection(connection);
  }
}

/** Nothing was changed: it is about the connection alone, which must not go back to the pool in a transaction. */
async function rollBack(error: unknown, db: Knex, connection: Connection, settings: Settings): Promise<void> {
  try {
    if (classifyInUse(error).retryScope === 'connection') discard(connection);
    else await awaitAnswer(connection, statementLimitMs(settings), send(db, 'rollback', connection));
  } catch {
    discard(connection);
  }
}

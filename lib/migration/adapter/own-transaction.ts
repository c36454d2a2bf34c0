import type { Knex } from 'knex';
import { beginBatch, joined } from './batch';
import { commit } from './commit';
import { diagnosed, factsQuery } from './diagnose';
import type { MigrationError } from '../errors';
import type { Work } from './work';
import { explained, failureAt } from './explain';
import type { Settings } from '../options';
import { clientOf, send, valueOf, type Answer, type Connection } from './send';
import { classify } from '../sql-states';

/** Two round trips on one connection of the pool: everything up to COMMIT, and COMMIT. */
export async function inOwnTransaction(work: Work, db: Knex, settings: Settings): Promise<void> {
  const connection = await acquired(db, work);
  let held = true;
  const close = async (): Promise<void> => {
    if (held) {
      held = false;
      await clientOf(db).releaseConnection(connection);
    }
  };
  try {
    const answers = await begun(work, db, connection, settings);
    const transactionId = valueOf(answers, 'tenant_ddl_transaction') as string | undefined;
    const sendCommit = async (): Promise<string | undefined> => (await send(db, 'commit', connection))[0]?.command;
    await commit(db, { org: work.org, transactionId, sendCommit, close, caught: () => undefined }, settings);
  } finally {
    await close();
  }
}

async function acquired(db: Knex, { org, subjects }: Work): Promise<Connection> {
  try {
    return await clientOf(db).acquireConnection();
  } catch (error) {
    throw explained(error, failureAt(error, org, subjects[0]?.table));
  }
}

async function begun(work: Work, db: Knex, connection: Connection, settings: Settings): Promise<readonly Answer[]> {
  try {
    return await send(db, beginBatch(work.org, work.statements, settings), connection);
  } catch (error) {
    throw await undone(error, work, db, connection);
  }
}

/** Ends the transaction, and finds out what the failure was. */
async function undone(error: unknown, work: Work, db: Knex, connection: Connection): Promise<MigrationError> {
  const { org, subjects } = work;
  if (classify(error).retryScope === 'connection') return explained(error, failureAt(error, org, subjects[0]?.table));
  try {
    const answers = await send(db, joined(['rollback', factsQuery(subjects)]), connection);
    return explained(error, diagnosed(error, org, subjects, answers));
  } catch {
    // The first error is the one to tell. A connection whose state is unknown is not to be used again.
    Object.assign(connection, { __knex__disposed: 'Rollback failed' });
    return explained(error, failureAt(error, org, subjects[0]?.table));
  }
}

import { GUARD_STATES } from '../../sql/server-check';
import type { Subject } from '../../plan/subject';
import { sqlStateOf } from './sql-states';

/** For failures of which only the server's message is known, or knex's if nothing reached the server. */
export function unlisted(error: unknown, model: string, subject?: Pick<Subject, 'buildsIndex'>): string {
  const sqlState = sqlStateOf(error);
  const reason = reasonOf(error).replace(/\.$/, '');
  if (sqlState === GUARD_STATES.index)
    return `${reason}. Nothing was changed. Compare the names of the table's indexes.`;
  if (sqlState === GUARD_STATES.isolation)
    return `Your transaction is ${reason}: it does not see what others have committed since it began, so the catalog could not be trusted for the change of ${model}. Nothing was changed. Begin the transaction at read committed, or use withTenant.`;
  if (sqlState === undefined) return `The change of ${model} could not be made: ${reason}.`;
  if (OF_CONNECTION.test(sqlState))
    return `PostgreSQL rejected the connection: ${reason} (SQLSTATE ${sqlState}). Correct its user, password or database.`;
  return `PostgreSQL refused the change of ${model}: ${reason} (SQLSTATE ${sqlState}).${sqlState === '54000' ? tooLong(reason, subject?.buildsIndex) : (ADVICE[sqlState] ?? '')}`;
}

/** invalid_authorization_specification, invalid_catalog_name. */
const OF_CONNECTION = /^(?:28|3D)/;

/** Advice for errors without their own code. */
const ADVICE: Readonly<Record<string, string>> = {
  '42P07': ' Give the index another name, or drop the one that has it.',
  '42710': ' Give it another name, or drop the one that has it.',
  '42704': ' It may have another name: compare the names in the catalog.',
};

/** program_limit_exceeded: a row of the table, or an entry of an index. */
function tooLong(reason: string, buildsIndex = false): string {
  return buildsIndex || /index/i.test(reason)
    ? ' A value is too long for an index: shorten the values, or index a field with a hash of them.'
    : ' A default this long cannot be added to a table: add the field without it, then set it with alterField.';
}

/** The first line of an error: pg-mem's messages are pages long. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return message.split('\n', 1).join();
}

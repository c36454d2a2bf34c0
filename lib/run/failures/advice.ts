import { GUARD_STATES } from '../../sql/server-check';
import { sqlStateOf } from './sql-states';

/** No more is known than the words of the server, or of knex where nothing reached the server. */
export function unlisted(error: unknown, model: string, operation?: string): string {
  const sqlState = sqlStateOf(error);
  const reason = reasonOf(error).replace(/\.$/, '');
  if (sqlState === GUARD_STATES.index)
    return `${reason}. Nothing was changed. Compare the names of the table's indexes.`;
  if (sqlState === GUARD_STATES.isolation)
    return `Your transaction is ${reason}: it does not see what others have committed since it began, so the change of ${model} could not go by the catalog, and nothing was changed. Begin the transaction at read committed, or use withTenant.`;
  if (sqlState === undefined) return `The change of ${model} could not be made: ${reason}.`;
  if (OF_CONNECTION.test(sqlState))
    return `PostgreSQL did not take the connection: ${reason} (SQLSTATE ${sqlState}). Correct its user, password or database.`;
  return `PostgreSQL refused the change of ${model}: ${reason} (SQLSTATE ${sqlState}).${sqlState === '54000' ? tooLong(reason, operation) : (ADVICE[sqlState] ?? '')}`;
}

/** invalid_authorization_specification, invalid_catalog_name. */
const OF_CONNECTION = /^(?:28|3D)/;

/** What to do about errors that have no code of their own. */
const ADVICE: Readonly<Record<string, string>> = {
  '42P07': ' Give the index another name, or drop the one that has it.',
  '42710': ' Give it another name, or drop the one that has it.',
  '42704': ' It may have been named by others: compare the names in the catalog.',
};

/** program_limit_exceeded: a row of the table, or an entry of an index. */
function tooLong(reason: string, operation: string | undefined): string {
  return operation === 'CREATE INDEX' || operation === 'ALTER COLUMN' || /index/i.test(reason)
    ? ' A value is too long for an index: shorten the values, or index a field that holds a hash of them.'
    : ' A default this long cannot be added to a table: add the field without it, then set it with alterField.';
}

/** Its first line: pg-mem's messages go on for pages. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return message.split('\n', 1).join();
}

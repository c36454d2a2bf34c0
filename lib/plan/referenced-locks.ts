import type { Referenced } from '../spec/referenced-table';
import type { Lock } from './plan';

/** PostgreSQL takes the triggers of the foreign key off that table. */
export function locksOnReferenced(own: Lock, tables: readonly Referenced[] = []): readonly Lock[] {
  return tables
    .filter(({ schema, table }) => schema !== own.schema || table !== own.table)
    .map(({ schema, table }) => ({ schema, table, mode: 'AccessExclusiveLock' }));
}

import type { Referenced } from '../spec/referenced-table';
import { exclusiveLock, type Lock } from './plan';

/** PostgreSQL drops the foreign key's triggers on that table. */
export function locksOnReferenced(own: Lock, tables: readonly Referenced[] = []): readonly Lock[] {
  return tables
    .filter(({ schema, table }) => schema !== own.schema || table !== own.table)
    .map(({ schema, table }) => exclusiveLock(schema, table));
}

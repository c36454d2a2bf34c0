import type * as t from 'io-ts';
import { closed } from './closed';
import { nameOf } from './codecs';
import type { Lock } from './plan';

/**
 * A table that what is dropped refers to, as the caller's metadata has it. Dropping a foreign key locks
 * that table too, which no plan made without a database can know; it changes nothing of what runs.
 */
export const referenced = closed('Referenced', { schema: nameOf('schema'), table: nameOf('table') }, {});

/** PostgreSQL takes the triggers of the foreign key off that table. */
export function locksOnReferenced(own: Lock, tables: readonly t.TypeOf<typeof referenced>[] = []): readonly Lock[] {
  return tables
    .filter(({ schema, table }) => schema !== own.schema || table !== own.table)
    .map(({ schema, table }) => ({ schema, table, mode: 'AccessExclusiveLock' }));
}

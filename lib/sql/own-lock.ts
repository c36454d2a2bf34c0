import { qualified, type Identifier } from './identifier';

const NOTHING = 'set without oids';

/**
 * Takes the lock that the ALTER TABLE after it needs, and changes nothing (manual, ALTER TABLE, SET WITHOUT OIDS):
 * what a guard then reads in the catalog stays true. It needs the same rights as that ALTER TABLE, unlike LOCK
 * TABLE, which an owner may have revoked from itself. It fails for anything but a table; RENAME and SET DEFAULT
 * would also change a view.
 */
export function ownLock(org: Identifier, table: Identifier): string {
  return lockOf(qualified(org, table));
}

/** The same, of a table by its name as quoted in SQL. */
export function lockOf(table: string): string {
  return `alter table only ${table} ${NOTHING}`;
}

/**
 * The same lock on Citus, which does not know that action: on the coordinator and on the shard. It drops what no constraint
 * is called, and fails for anything but a table too.
 */
export function heldOnCitus(lock: string): string {
  return lock.replace(NOTHING, 'drop constraint if exists "tenant_ddl nothing"');
}

/** pg-mem has no locks. */
export function isOwnLock(statement: string): boolean {
  return statement.startsWith('alter table only ') && statement.endsWith(` ${NOTHING}`);
}

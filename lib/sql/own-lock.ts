import { qualified, type Identifier } from './identifier';

const NOTHING = 'set without oids';

/**
 * Takes the lock that the ALTER TABLE after it needs, and changes nothing (manual, ALTER TABLE, SET WITHOUT OIDS):
 * what a guard then reads of the catalog stays true. It needs the same rights as that ALTER TABLE, unlike LOCK
 * TABLE, which an owner may have revoked from itself; and it fails for what is not a table, where a RENAME or a SET
 * DEFAULT would change a view.
 */
export function ownLock(org: Identifier, table: Identifier): string {
  return `alter table only ${qualified(org, table)} ${NOTHING}`;
}

/** pg-mem has no locks. */
export function isOwnLock(statement: string): boolean {
  return statement.startsWith('alter table only ') && statement.endsWith(` ${NOTHING}`);
}

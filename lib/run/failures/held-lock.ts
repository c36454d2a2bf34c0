import type { Blocker } from '../../errors';

/** The most names in a message. */
const MAX_NAMED_TABLES = 5;

/** What is known about a wait for a lock. */
export interface Wait {
  readonly org: string;
  /** Who held the lock. */
  readonly blockedBy?: readonly Blocker[] | undefined;
  /** What was waited for, if it was seen, and every table that it may have been. */
  readonly waitedFor?: { readonly table: string } | 'turn' | undefined;
  readonly lockedTables?: readonly string[] | undefined;
}

/** Says what another transaction was doing. Names the table, which may not be that of the change. */
export function heldBy({ org, waitedFor, lockedTables = [], blockedBy = [] }: Wait, model: string): string {
  const gid = blockedBy.find(({ preparedTransaction }) => preparedTransaction !== undefined)?.preparedTransaction;
  const prepared = gid === undefined ? '' : `, prepared as ${JSON.stringify(gid)} (ROLLBACK PREPARED ends it),`;
  if (waitedFor === 'turn') return `was changing the tenant "${org}"${prepared}`;
  if (waitedFor !== undefined) return `held a lock on ${waitedFor.table}${prepared}`;
  const tables = lockedTables.length === 0 ? model : lockedTables.slice(0, MAX_NAMED_TABLES).join(' or ');
  return `held a lock on ${tables}, or was changing the same tenant,`;
}

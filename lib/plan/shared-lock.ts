import { LOCK_MODES, lockedRelation, type Hazard, type Lock, type Step } from './plan';

/** The weakest lock that blocks writers. */
const STRONG = LOCK_MODES.indexOf('ShareLock');

/**
 * A strong lock on a table outside the org blocks every other tenant, however few rows it has, until the transaction
 * ends.
 */
export function sharedLockHazards(org: string, table: string, steps: readonly Step[]): readonly Hazard[] {
  const shared = new Map<string, Lock>();
  for (const { locks } of steps) {
    for (const lock of locks) {
      const strength = LOCK_MODES.indexOf(lock.mode);
      if (lock.schema === org || strength < STRONG) continue;
      const name = lockedRelation(lock);
      const known = shared.get(name);
      if (known === undefined || LOCK_MODES.indexOf(known.mode) < strength) shared.set(name, lock);
    }
  }
  return [...shared].map(([name, { mode }]) => sharedLockHazard(table, name, mode === 'AccessExclusiveLock'));
}

/** @param shared as quoted in SQL */
export function sharedLockHazard(table: string, shared: string, exclusive: boolean): Hazard {
  return {
    kind: 'sharedLock',
    table,
    message: `No other tenant can ${exclusive ? 'read or write' : 'write to'} ${shared} until the transaction that changes "${table}" ends.`,
    saferWay: 'Commit right after the change, and make it when the shared table is little used.',
  };
}

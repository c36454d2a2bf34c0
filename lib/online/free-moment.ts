import type { Settings } from '../options/options';
import { lockedRelation, type Lock, type LockMode } from '../plan/plan';
import { literal } from '../sql/literal';
import { GE, PLUS } from '../sql/qualified-sql';
import { block } from '../sql/server-check';

/** Most transactions of a service are shorter; on a table that is never free, a change should not take much longer. */
const LONGEST_MS = 1000;

/** Of the time that the server gives a statement. */
const SHARE_OF_LIMIT = 0.5;

/** Between two tries, in seconds: less than what a statement of a client takes. */
const PAUSE = '0.001';

/** The modes that keep others from writing, in the words of LOCK TABLE (manual 13.3.1). */
const BLOCKING: Partial<Record<LockMode, string>> = {
  ShareLock: 'share',
  ShareRowExclusiveLock: 'share row exclusive',
  ExclusiveLock: 'exclusive',
  AccessExclusiveLock: 'access exclusive',
};

/**
 * Takes the locks in a moment when nobody else uses the tables. A lock that is waited for keeps out everybody who comes
 * later (manual 13.3.1), for as long as the longest transaction there still takes; one that is only tried keeps out
 * nobody. After a while it gives up, and the change waits for its locks as usual, for `lockTimeoutMs`.
 * What is wrong with a table, the change itself says better.
 */
export function awaitFreeMoment(locks: readonly Lock[], { statementTimeoutMs }: Settings): readonly string[] {
  const taken = locks.flatMap((lock) => {
    const words = BLOCKING[lock.mode];
    return words === undefined ? [] : [`lock table ${lockedRelation(lock)} in ${words} mode nowait;`];
  });
  if (taken.length === 0) return [];
  const limitMs = Math.min(LONGEST_MS, Math.floor(statementTimeoutMs * SHARE_OF_LIMIT));
  return [
    block(`declare
  until constant pg_catalog.timestamptz := pg_catalog.clock_timestamp() ${PLUS} interval ${literal(`${limitMs} ms`)};
begin
  loop
    begin
      ${[...new Set(taken)].join('\n      ')}
      exit;
    exception
      when lock_not_available then null;
      when undefined_table or wrong_object_type or insufficient_privilege then exit;
    end;
    exit when pg_catalog.clock_timestamp() ${GE} until;
    perform pg_catalog.pg_sleep(${PAUSE});
  end loop;
end`),
  ];
}

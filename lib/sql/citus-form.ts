import { heldOnCitus, isOwnLock } from './own-lock';
import { block } from './server-check';
import { onWorkersToo } from './session-settings';
import type { Twofold } from './statement';

/**
 * Citus hands these to the workers as the text of the whole query, which is a batch: the workers refuse it (42601). In a
 * block, the text is that of the statement alone. CREATE TABLE stays outside: in a block its table stays on the
 * coordinator, and nothing says so.
 */
const HANDED_ON = /^(?:alter (?:table|index|sequence)|create (?:unique )?index|drop index) /;

/** What has to hold on the workers too. */
const ALSO_ON_WORKERS = /^set local (lock_timeout|statement_timeout) = (.+)$/;

/** A statement of a batch, as Citus takes it. */
export function citusForm(statement: string | Twofold): string {
  const sql = typeof statement === 'string' ? statement : statement.onCitus;
  const set = ALSO_ON_WORKERS.exec(sql);
  if (set !== null) return block(onWorkersToo([`set local ${set[1]} to ${set[2]};`]));
  const held = isOwnLock(sql) ? heldOnCitus(sql) : sql;
  return HANDED_ON.test(held) ? block(`begin\n  ${held};\nend`) : held;
}

import { heldOnCitus, isOwnLock } from './own-lock';
import { block } from './server-check';
import type { Twofold } from './statement';

/**
 * Citus hands these to the workers as the text of the whole query, which is a batch: the workers refuse it (42601). In a
 * block, the text is that of the statement alone. CREATE TABLE stays outside: in a block its table stays on the
 * coordinator, and nothing says so.
 */
const HANDED_ON = /^(?:alter (?:table|index|sequence)|create (?:unique )?index|drop index) /;

/** A statement of a batch, as Citus takes it. */
export function citusForm(statement: string | Twofold): string {
  const sql = typeof statement === 'string' ? statement : statement.onCitus;
  const held = isOwnLock(sql) ? heldOnCitus(sql) : sql;
  return HANDED_ON.test(held) ? block(`begin\n  ${held};\nend`) : held;
}

/** A block that begins with the lock of {@link isOwnLock}. */
export function locking(sql: string, lock: string): Twofold {
  return { sql, onCitus: sql.replace(lock, heldOnCitus) };
}

import type { Effect } from './effects';
import type { KeysOf } from './plan';

/**
 * Whose foreign keys a change of a list drops, by the names that its table and column have before anything of the list
 * has run; nothing where the list creates the table: the tables that it refers to are locked for that already.
 */
export function keysBefore(keys: KeysOf, done: readonly Effect[]): KeysOf | undefined {
  let { table, column } = keys;
  for (let index = done.length - 1; index >= 0; index -= 1) {
    const effect = done[index];
    if (effect?.verb === 'adds' && effect.of === 'table' && effect.table === table) return undefined;
    if (effect?.verb !== 'renames') continue;
    if (effect.of === 'table' && effect.to === table) table = effect.table;
    if (effect.of === 'column' && effect.table === table && effect.to === column) column = effect.column;
  }
  return { ...keys, table, column };
}

import type { Effect } from './effects';
import type { KeysOf } from './plan';

/**
 * Whose foreign keys a change of a list drops, by the names that its table and column have before any of the list has
 * run; undefined if the list creates the table, since the tables that it refers to are then already locked.
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

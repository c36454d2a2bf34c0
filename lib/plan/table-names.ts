import type { Identifier } from '../sql/identifier';
import type { Effect } from './effects';

/** The name of a table before the plan runs; undefined if the plan creates it. */
export interface TableNames {
  readonly before: (table: string) => Identifier | undefined;
  /** Whether any name was different before. */
  readonly changed: () => boolean;
  /** Records what a change does to the names. */
  readonly follow: (effects: readonly Effect[]) => void;
}

/** Follows the names of an org's tables through a list of changes: later, a name may belong to another table. */
export function tableNames(): TableNames {
  const names = new Map<string, Identifier | undefined>();
  const before = (table: string): Identifier | undefined =>
    names.has(table) ? names.get(table) : (table as Identifier);
  return {
    before,
    changed: () => names.size > 0,
    follow: (effects) => {
      for (const effect of effects) {
        if (effect.of !== 'table' || effect.verb === 'refersTo') continue;
        const was = before(effect.table);
        if (effect.verb === 'adds') names.set(effect.table, undefined);
        else names.delete(effect.table);
        if (effect.verb === 'renames') names.set(effect.to, was);
      }
    },
  };
}

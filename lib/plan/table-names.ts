import type { Identifier } from '../sql/identifier';
import type { Effect } from './effects';

/** What a table that a plan speaks of is called before anything has run; nothing, where the plan creates it. */
export interface TableNames {
  readonly before: (table: string) => Identifier | undefined;
  /** Whether any is another before than it is now. */
  readonly changed: () => boolean;
  /** Takes notice of what a change does to the names. */
  readonly follow: (effects: readonly Effect[]) => void;
}

/** Follows the names of an org's tables through a list of changes: a name may be of another table later on. */
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

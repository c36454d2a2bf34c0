import type { Effect } from './effects';

/** Something that a change deletes for good, beside what can be made again from a spec. */
export interface Deletion {
  /** A table with its rows, a column with its values, or those of its values that do not convert to a new type. */
  readonly of: 'table' | 'column' | 'unconvertible';
  readonly table: string;
  readonly column?: string;
}

/** What effects delete, in their order. */
export function deletionsIn(effects: readonly Effect[]): readonly Deletion[] {
  return effects.flatMap((effect): readonly Deletion[] => {
    const { table } = effect;
    if (effect.of === 'table') return effect.verb === 'drops' ? [{ of: 'table', table }] : [];
    if (effect.of !== 'column') return [];
    const { column } = effect;
    if (effect.verb === 'drops') return [{ of: 'column', table, column }];
    return effect.verb === 'alters' && effect.unconvertible === 'null' ? [{ of: 'unconvertible', table, column }] : [];
  });
}

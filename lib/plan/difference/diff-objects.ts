import { NO_FIELD, type Extra } from '../../spec/extra';
import type { Difference } from './difference';

/** The same text for the same extra. */
export function extraKey({ kind, table, name, detail }: Extra): string {
  return JSON.stringify([kind, table, name, detail]);
}

/** Finds an extra by some of its properties, and takes it out: it belongs to one difference. */
export function takeExtra(extras: Set<Extra>, sought: Partial<Extra>): Extra | undefined {
  const wanted = Object.entries(sought).map(([key, value]) => [key as keyof Extra, JSON.stringify(value)] as const);
  for (const extra of extras) {
    if (wanted.every(([key, value]) => JSON.stringify(extra[key]) === value)) {
      extras.delete(extra);
      return extra;
    }
  }
  return undefined;
}

/** Removes an extra that differs from the desired object only in the type of a column, which is already a difference. */
export function takeColumnExtra(
  extras: Set<Extra>,
  table: string,
  columns: readonly string[],
  kinds: readonly string[],
): boolean {
  return kinds.some((kind) => takeExtra(extras, { kind, table, columns, detail: NO_FIELD }) !== undefined);
}

/** Whether DROP INDEX is refused: for the replica identity of a table, and for a part of a partitioned index. */
export function isHeld({ detail = '' }: Extra): boolean {
  return detail.split(', ').some((word) => word === 'replica identity' || word === 'inherited');
}

/**
 * Extras that only one side has; one of the same name on both is another one in its details.
 *
 * @param isDroppable whether an index can be dropped without losing one that a model lists
 */
export function diffObjects(
  desired: readonly Extra[],
  actual: readonly Extra[],
  isDroppable: (index: Extra) => boolean,
): readonly Difference[] {
  const place = ({ kind, table, name }: Extra): string => JSON.stringify([kind, table, name]);
  const left = new Map(desired.map((extra) => [place(extra), extra]));
  const found = actual.map((extra): Difference => {
    const wanted = left.get(place(extra));
    left.delete(place(extra));
    if (wanted !== undefined) return { kind: 'object', desired: wanted, actual: extra, remedy: 'manual' };
    return {
      kind: 'extraObject',
      actual: extra,
      remedy: extra.kind === 'index' && isDroppable(extra) ? 'change' : 'manual',
    };
  });
  const missing = [...left.values()].map((extra): Difference => ({
    kind: 'missingObject',
    desired: extra,
    remedy: 'manual',
  }));
  return [...found, ...missing];
}

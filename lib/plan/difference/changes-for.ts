import type { FieldChangesSpec } from '../../spec/field-changes';
import type { Change } from '../operations';
import type { Difference, DifferenceOf } from './difference';
import { kindOf } from './kinds';
import { inSafeOrder } from './safe-order';

/** Which changes to return. */
export interface ChangesOptions {
  /** Whether to include changes that lose data. Default false. */
  readonly destructive?: boolean | undefined;
}

/**
 * The changes that turn the actual models into the desired ones, ordered so that each can run. Differences whose `remedy`
 * is `destructive` (dropping a model or field, or a type that keeps less) are left out unless you ask for them. For a
 * `manual` difference there is no change. Pure.
 *
 * A change of type that would lose part of a value is refused when it runs, unless the option `hazards` allows `dataLoss`.
 *
 * @param differences from `diffModels`
 * @example
 * await applyChanges('acme-corp', changesFor(differences), tenant);
 */
export function changesFor(differences: readonly Difference[], options: ChangesOptions = {}): readonly Change[] {
  const isWanted = ({ remedy }: Difference): boolean =>
    remedy === 'change' || (remedy === 'destructive' && options.destructive === true);
  // A default or a list of values needs the new type.
  const kept = new Set(differences.filter((found) => found.kind === 'type' && !isWanted(found)).map(placeOf));
  const wanted = differences.filter(
    (found) => isWanted(found) && !(NEED_TYPE.includes(found.kind) && kept.has(placeOf(found))),
  );
  const changes = referrersFirst(wanted).flatMap((found) => kindOf(found).changes?.(found) ?? []);
  return inSafeOrder([...changes, ...alterations(wanted)]);
}

/** Drops a table before the tables that it refers to. */
function referrersFirst(differences: readonly Difference[]): readonly Difference[] {
  const dropped = differences.filter((found) => found.kind === 'extraModel');
  const others = differences.filter((found) => found.kind !== 'extraModel');
  const ordered: Difference[] = [];
  while (dropped.length > 0) {
    const free = dropped.findIndex(({ table }) =>
      dropped.every((other) => other.table === table || !refersTo(other, table)),
    );
    ordered.push(...dropped.splice(Math.max(0, free), 1));
  }
  return [...others, ...ordered];
}

function refersTo({ actual: { fields, foreignKeys = [] } }: DifferenceOf<'extraModel'>, table: string): boolean {
  return [...fields, ...foreignKeys].some(({ references }) => references?.table === table);
}

const NEED_TYPE: readonly Difference['kind'][] = ['default', 'values'];

function placeOf(difference: Difference): string {
  const { table, column } = difference as { readonly table?: string; readonly column?: string };
  return JSON.stringify([table, column]);
}

/** One change for all differences of a field. */
function alterations(differences: readonly Difference[]): readonly Change[] {
  const found = new Map<string, Alteration>();
  for (const difference of differences) {
    const set = kindOf(difference).sets?.(difference);
    if (set === undefined || !('column' in difference) || difference.column === undefined) continue;
    const { table, column } = difference;
    const before = found.get(placeOf(difference));
    // With it, the plan can tell whether the table is rewritten.
    const from =
      'actual' in difference && isType(difference.actual)
        ? { from: difference.actual }
        : difference.kind === 'default' && difference.type !== undefined
          ? { from: difference.type }
          : {};
    found.set(placeOf(difference), {
      kind: 'alterField',
      table,
      column,
      ...before,
      ...from,
      set: { ...before?.set, ...set },
    });
  }
  return [...found.values()];
}

type Alteration = Extract<Change, { readonly kind: 'alterField' }> & { readonly set: FieldChangesSpec };

function isType(actual: unknown): actual is NonNullable<Alteration['from']> {
  return typeof actual === 'object' && actual !== null && 'type' in actual && !('kind' in actual);
}

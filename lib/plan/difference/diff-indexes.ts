import type { Extra } from '../../spec/extra';
import { columnsUsedBy, indexName, keyColumnsOf } from '../../spec/index-spec';
import type { IndexSpec } from '../../spec/spec-types';
import type { Identifier } from '../../sql/identifier';
import type { Canonical, CanonicalIndex } from './canonical';
import { isHeld, takeColumnExtra, takeExtra } from './diff-objects';
import type { Difference } from './difference';

/** Indexes and unique constraints, by their columns and whether they are unique. */
export function diffIndexes(desired: Canonical, actual: Canonical, extras: Set<Extra>): readonly Difference[] {
  const { table } = desired;
  // What is over a field that is missing, or extra, alone comes and goes with it.
  const comesWithField = (index: CanonicalIndex, other: Canonical): boolean =>
    (index.isField || columnsUsedBy(index.spec).length === 1) &&
    columnsUsedBy(index.spec).some((column) => !other.fields.has(column));
  const wanted = desired.indexes.filter((index) => !(index.isField && comesWithField(index, actual)));
  const left = actual.indexes.filter((index) => !comesWithField(index, desired));
  const found: Difference[] = [];
  const unmatched: CanonicalIndex[] = [];
  for (const index of wanted) {
    // First the one of its name, so that of two that do the same each finds its own.
    const at = place(left, index, (other) => nameOf(other) === nameOf(index)) ?? place(left, index, () => true);
    if (at === undefined) unmatched.push(index);
    else found.push(...diffNames(table, index, left.splice(at, 1)[0]));
  }
  for (const index of [...unmatched]) {
    const at = left.findIndex((other) => nameOf(index) !== undefined && nameOf(other) === nameOf(index));
    const [other] = at < 0 ? [] : left.splice(at, 1);
    if (other === undefined) continue;
    unmatched.splice(unmatched.indexOf(index), 1);
    found.push({ kind: 'index', table, desired: specOf(index), actual: specOf(other), remedy: 'change' });
  }
  const missing = unmatched.filter(
    ({ spec }) => !takeColumnExtra(extras, table, columnsUsedBy(spec), ['index', 'unique constraint']),
  );
  found.push(...missing.map((index) => missingIndex(table, index, extras)));
  return [...found, ...left.map((index) => extraIndex(table, index, extras))];
}

function place(
  indexes: readonly CanonicalIndex[],
  { id }: CanonicalIndex,
  test: (other: CanonicalIndex) => boolean,
): number | undefined {
  const at = indexes.findIndex((other) => other.id === id && test(other));
  return at < 0 ? undefined : at;
}

function nameOf({ spec, isField }: CanonicalIndex): string | undefined {
  return isField ? undefined : spec.name;
}

/** Only a name that a spec gives matters: it is what dropIndex goes by. */
function diffNames(table: string, desired: CanonicalIndex, actual: CanonicalIndex | undefined): readonly Difference[] {
  const name = nameOf(desired);
  if (name === undefined || actual === undefined || actual.isField || name === nameOf(actual)) return [];
  return [{ kind: 'index', table, desired: specOf(desired), actual: specOf(actual), remedy: 'change' }];
}

/** As it was given: its codec has seen that each condition is one of the two. */
function specOf({ spec }: CanonicalIndex): IndexSpec {
  return spec as IndexSpec;
}

/** One column that is to be unique is a property of its field. */
function uniqueColumn({ spec: { unique, columns } }: CanonicalIndex): string | undefined {
  const [column] = columns;
  return unique === true && columns.length === 1 && typeof column === 'string' ? column : undefined;
}

function missingIndex(table: string, index: CanonicalIndex, extras: Set<Extra>): Difference {
  const columns = keyColumnsOf(index.spec);
  const other =
    takeExtra(extras, { kind: 'index', table, columns }) ??
    (index.spec.unique === true ? takeExtra(extras, { kind: 'unique constraint', table, columns }) : undefined);
  if (other !== undefined) {
    // By an index that dropIndex can drop; no operation drops a constraint of several columns.
    const canGo = (other.kind === 'index' || uniqueColumn(index) !== undefined) && !isHeld(other);
    const remedy = canGo ? 'change' : 'manual';
    return { kind: 'index', table, desired: specOf(index), actual: other, remedy };
  }
  const column = index.isField ? uniqueColumn(index) : undefined;
  if (column !== undefined) return { kind: 'unique', table, column, desired: true, actual: false, remedy: 'change' };
  return { kind: 'missingIndex', table, desired: specOf(index), remedy: 'change' };
}

function extraIndex(table: string, index: CanonicalIndex, extras: ReadonlySet<Extra>): Difference {
  const column = index.isField ? uniqueColumn(index) : undefined;
  if (column !== undefined) return { kind: 'unique', table, column, desired: false, actual: true, remedy: 'change' };
  const name = indexName(table as Identifier, index.spec);
  const isKept = [...extras].some((extra) => extra.table === table && extra.name === name && isHeld(extra));
  return { kind: 'extraIndex', table, actual: specOf(index), remedy: isKept ? 'manual' : 'change' };
}

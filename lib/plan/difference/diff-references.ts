import { NOT_VALIDATED, type Extra } from '../../spec/extra';
import type { ForeignKeySpec } from '../../spec/spec-types';
import type { Canonical } from './canonical';
import { takeColumnExtra, takeExtra } from './diff-objects';
import type { Moves } from './moved';
import type { Difference } from './difference';

/** Foreign keys, over one column or several, by what they do. */
export function diffReferences(
  desired: Canonical,
  actual: Canonical,
  extras: Set<Extra>,
  { moved, found: unmoved }: Moves,
): readonly Difference[] {
  const { table } = desired;
  const remedy = 'change';
  const found: Difference[] = [];
  for (const [id, { spec, target }] of desired.references) {
    const is = actual.references.get(id);
    const wanted: ForeignKeySpec = { ...spec, references: moved(spec.references) };
    // It comes with its field.
    if (is === undefined && isOfMissing(spec, actual)) continue;
    if (takeColumnExtra(extras, table, spec.columns, ['foreign key'])) continue;
    const other = takeExtra(extras, {
      kind: 'foreign key',
      table,
      columns: spec.columns,
      ...(is === undefined ? {} : { detail: NOT_VALIDATED }),
    });
    if (other !== undefined) found.push({ kind: 'reference', table, desired: wanted, actual: other, remedy });
    else if (is === undefined) found.push({ kind: 'missingReference', table, desired: wanted, remedy });
    else if (is.target !== target)
      found.push({
        kind: 'reference',
        table,
        desired: wanted,
        actual: { ...is.spec, references: unmoved(is.spec.references) },
        remedy,
      });
  }
  for (const [id, { spec }] of actual.references) {
    if (desired.references.has(id) || isOfMissing(spec, desired)) continue;
    takeExtra(extras, { kind: 'foreign key', table, columns: spec.columns, detail: NOT_VALIDATED });
    found.push({ kind: 'extraReference', table, actual: { ...spec, references: unmoved(spec.references) }, remedy });
  }
  return found;
}

function isOfMissing({ columns }: ForeignKeySpec, other: Canonical): boolean {
  return columns.length === 1 && columns.some((column) => !other.fields.has(column));
}

import type { Canonical } from './canonical';
import type { Side } from './sides';

interface WithHint {
  readonly hint?: string;
}

/** A missing object may be an extra one under another name. Only a person can tell, so this is a hint. */
export function renamedFieldHint(column: string, desired: Canonical, actual: Canonical): WithHint {
  const wanted = desired.fields.get(column);
  const candidates = [...actual.fields.entries()].filter(
    ([name, field]) =>
      !desired.fields.has(name) &&
      field.type === wanted?.type &&
      JSON.stringify(field.values) === JSON.stringify(wanted.values),
  );
  return hintFor(
    candidates.map(([name]) => name),
    column,
  );
}

/** The same for a model: one with the same fields. */
export function renamedModelHint(table: string, desired: Side, actual: Side): WithHint {
  const shape = (model: Canonical | undefined): string =>
    JSON.stringify([...(model?.fields ?? [])].map(([name, { type }]) => [name, type]).sort());
  const wanted = shape(desired.models.get(table));
  const candidates = [...actual.models.entries()].filter(
    ([name, model]) => !desired.models.has(name) && shape(model) === wanted,
  );
  return hintFor(
    candidates.map(([name]) => name),
    table,
  );
}

function hintFor(names: readonly string[], to: string): WithHint {
  if (names.length === 0) return {};
  const listed = names.map((name) => `"${name}"`).join(' or ');
  return { hint: `${listed} may have been meant: rename it to "${to}" instead` };
}

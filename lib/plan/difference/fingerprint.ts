import { createHash } from 'node:crypto';
import type { Canonical, CanonicalField } from './canonical';
import { extraKey } from './diff-objects';
import { sideOfOne, type CompareOptions, type Models } from './sides';
import { byCodeUnit } from '../by-code-unit';

/** Of the form that is hashed: a fingerprint of another version says nothing about one of this. */
const VERSION = 'v1';

/**
 * One short text for a list of models: the same for two that differ in nothing that `diffModels` finds, whatever their
 * schema is called, in whatever order things were made, and however derived names came about. Extras count, where there
 * are some. Pure.
 *
 * @returns `v1:` and a SHA-256 in hexadecimal
 * @throws MigrationError INVALID_SPEC if something is not a model
 * @example
 * fingerprint(await inspectTenant('acme-corp', tenant)) === fingerprint(models)
 */
export function fingerprint(models: Models, options: CompareOptions = {}): string {
  const side = sideOfOne(models, options);
  const tables = [...side.models.values()].sort((a, b) => byCodeUnit(a.table, b.table)).map(modelText);
  const text = JSON.stringify([tables, side.extras.map(extraKey).sort(byCodeUnit)]);
  return `${VERSION}:${createHash('sha256').update(text).digest('hex')}`;
}

function modelText({ table, comment, key, fields, indexes, references }: Canonical): unknown {
  return [
    table,
    comment,
    key,
    [...fields].sort(([a], [b]) => byCodeUnit(a, b)).map(fieldText),
    // A name counts only where a spec gives it.
    indexes.map(({ id, spec, isField }) => JSON.stringify([id, isField ? null : (spec.name ?? null)])).sort(byCodeUnit),
    [...references].map(([id, { target }]) => JSON.stringify([id, target])).sort(byCodeUnit),
  ];
}

function fieldText([name, { type, values, nullable, identity, default: value, comment }]: readonly [
  string,
  CanonicalField,
]): unknown {
  return [name, type, values ?? null, nullable, value ?? null, comment, ...(identity ? ['identity'] : [])];
}

import type { Extra } from '../../spec/extra';
import { indexName } from '../../spec/index-spec';
import type { Identifier } from '../../sql/identifier';
import type { Canonical } from './canonical';
import { diffFields } from './diff-fields';
import { diffIndexes } from './diff-indexes';
import { diffObjects, extraKey, isHeld, takeColumnExtra, takeExtra } from './diff-objects';
import { diffReferences } from './diff-references';
import type { Difference } from './difference';
import { renamedModelHint } from './hints';
import { modelOutOfSchema, outOfSchema, type MoveReference } from './moved';
import { sidesOf, type CompareOptions, type Models, type Side } from './sides';

/**
 * Compares two lists of models by meaning: types by the column they produce, defaults by value, the values of an Enum as
 * a set, and keys, indexes and foreign keys by what they do rather than by name. Pure.
 *
 * Extras are compared too, if a side has them. If a missing field or model resembles an extra one, its difference has a
 * `hint` that it may have been renamed.
 *
 * @param desired the models you want: from your metadata, or from a template tenant
 * @param actual the models you have: from `inspectTenant`
 * @throws MigrationError INVALID_SPEC if something is not a model
 * @example
 * const differences = diffModels(models, await inspectTenant('acme-corp', tenant));
 * // [{ kind: 'missingField', table: 'invoice', column: 'status', desired: { … }, remedy: 'change' }]
 */
export function diffModels(desired: Models, actual: Models, options: CompareOptions = {}): readonly Difference[] {
  const sides = sidesOf(desired, actual, options);
  return diffSides(sides.desired, sides.actual);
}

/** The same, for sides that have already been checked. */
function diffSides(desired: Side, actual: Side): readonly Difference[] {
  const known = new Set(desired.extras.map(extraKey));
  // An extra on both sides is not a difference; each of the others belongs to exactly one difference.
  const extras = new Set(actual.extras.filter((extra) => !known.has(extraKey(extra))));
  const [moved, found] = [outOfSchema(desired), outOfSchema(actual)];
  const tables = [...new Set([...desired.models.keys(), ...actual.models.keys()])].sort();
  const differences = tables.flatMap((table): readonly Difference[] => {
    const [wanted, is] = [desired.models.get(table), actual.models.get(table)];
    if (is === undefined) return [missingModel(table, desired, actual, moved)];
    if (wanted === undefined) return [extraModel(table, actual, extras, found)];
    const keys = diffKeys(wanted, is, extras, actual);
    const keepsKey = keys.some(({ remedy }) => remedy === 'manual');
    return [
      ...diffComments(wanted, is),
      ...diffFields(wanted, is, extras, { moved, found, keepsKey }),
      ...keys,
      ...diffIndexes(wanted, is, extras),
      ...diffReferences(wanted, is, extras, { moved, found }),
    ];
  });
  const present = new Set(actual.extras.map(extraKey));
  return [
    ...differences,
    ...diffObjects(
      desired.extras.filter((extra) => !present.has(extraKey(extra))),
      [...extras],
      (index) => isDroppable(index, actual),
    ),
  ];
}

/** Also an index of a materialized view is an extra; no operation changes that. */
function isDroppable(index: Extra, { models }: Side): boolean {
  const model = index.table === undefined ? undefined : models.get(index.table);
  const isListed = model?.indexes.some(({ spec }) => indexName(model.table as Identifier, spec) === index.name);
  return isListed === false && !isHeld(index);
}

function missingModel(table: string, desired: Side, actual: Side, moved: MoveReference): Difference {
  const spec = modelOutOfSchema(desired.specs.get(table), moved);
  return { kind: 'missingModel', table, desired: spec, remedy: 'change', ...renamedModelHint(table, desired, actual) };
}

/** Its extras are dropped with it. */
function extraModel(table: string, actual: Side, extras: Set<Extra>, found: MoveReference): Difference {
  for (const extra of extras) if (extra.table === table) extras.delete(extra);
  return { kind: 'extraModel', table, actual: modelOutOfSchema(actual.specs.get(table), found), remedy: 'destructive' };
}

/** No operation changes the comment of a model. */
function diffComments({ table, comment: desired }: Canonical, { comment: actual }: Canonical): readonly Difference[] {
  return desired === actual ? [] : [{ kind: 'comment', table, desired, actual, remedy: 'manual' }];
}

/**
 * Another key is dropped and made again, unless foreign keys refer to it: these would have to go first. Its columns are in
 * the order of the table, where missing ones will be the last.
 */
function diffKeys(desired: Canonical, actual: Canonical, extras: Set<Extra>, side: Side): readonly Difference[] {
  const { table, key } = desired;
  if (actual.key.length === 0 && takeColumnExtra(extras, table, key, ['primary key'])) return [];
  const other = actual.key.length > 0 ? undefined : takeExtra(extras, { kind: 'primary key', table });
  if (other === undefined && key.join('.') === actual.key.join('.')) return [];
  const columns = [...actual.fields.keys(), ...key].filter(
    (column, at, all) => key.includes(column) && all.indexOf(column) === at,
  );
  const old = other?.columns ?? actual.key;
  const isHeldByKeys = old.length > 0 && isReferredTo(side, table, old);
  const isIdentity = [other, ...extras].some(
    (extra) => extra?.kind === 'primary key' && extra.table === table && isHeld(extra),
  );
  const remedy = isHeldByKeys || isIdentity ? 'manual' : 'change';
  const hint = isHeldByKeys ? { hint: 'foreign keys refer to it: drop these first' } : {};
  return [{ kind: 'key', table, desired: columns, actual: other ?? actual.key, remedy, ...hint }];
}

/** By a model of the same side. */
function isReferredTo({ models, own }: Side, table: string, columns: readonly string[]): boolean {
  const isOwn = (schema: string | undefined): boolean => schema === undefined || schema === own;
  return [...models.values()].some(({ references }) =>
    [...references.values()].some(
      ({ spec: { references: to } }) =>
        isOwn(to.schema) && to.table === table && [...to.columns].sort().join('.') === [...columns].sort().join('.'),
    ),
  );
}

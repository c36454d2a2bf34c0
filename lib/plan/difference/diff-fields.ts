import { typeOf } from '../../field-types';
import { isArray, optionsOf } from '../../field-types/options';
import { canLose, castFault, listBeside, type TypeSpec } from '../../field-types/type-change';
import { NOT_VALIDATED, type Extra } from '../../spec/extra';
import type { Field } from '../../spec/field-spec';
import type { FieldSpec } from '../../spec/spec-types';
import type { Canonical, CanonicalField } from './canonical';
import { takeColumnExtra, takeExtra } from './diff-objects';
import type { MoveReference, Moves } from './moved';
import type { Difference, Remedy } from './difference';
import { renamedFieldHint } from './hints';

/** The fields of a model, in the order of their names. */
export function diffFields(
  desired: Canonical,
  actual: Canonical,
  extras: Set<Extra>,
  { moved, found, keepsKey }: Moves & { readonly keepsKey: boolean },
): readonly Difference[] {
  const { table } = desired;
  const names = [...new Set([...desired.fields.keys(), ...actual.fields.keys()])].sort();
  return names.flatMap((column): readonly Difference[] => {
    const [wanted, is] = [desired.fields.get(column), actual.fields.get(column)];
    if (wanted === undefined) return [extraField(table, column, is as CanonicalField, extras, found)];
    if (is === undefined) return [missingField(column, wanted, { desired, actual, extras, moved })];
    return diffField({ table, column }, wanted, is, {
      extras,
      staysKey: keepsKey && actual.key.includes(column) && !desired.key.includes(column),
    });
  });
}

function extraField(
  table: string,
  column: string,
  { spec }: CanonicalField,
  extras: Set<Extra>,
  found: MoveReference,
): Difference {
  for (const extra of extras) if (extra.table === table && isOnlyOf(extra, column)) extras.delete(extra);
  return { kind: 'extraField', table, column, actual: fieldOutOfSchema(spec, found), remedy: 'destructive' };
}

/** What goes with a column. */
function isOnlyOf({ kind, name, columns }: Extra, column: string): boolean {
  if (columns !== undefined) return columns.length === 1 && columns[0] === column;
  return ['column', 'default', 'identity'].includes(kind) && name === column;
}

interface Context {
  readonly desired: Canonical;
  readonly actual: Canonical;
  readonly extras: Set<Extra>;
  readonly moved: MoveReference;
}

/** A column of that name that no spec can describe has another type. */
function missingField(column: string, { spec }: CanonicalField, context: Context): Difference {
  const { desired, actual, extras, moved } = context;
  const { table } = desired;
  const other = takeExtra(extras, { kind: 'column', table, name: column });
  if (other !== undefined) {
    takeColumnExtra(extras, table, [column], ['unique constraint']);
    takeColumnExtra(extras, table, [column], ['foreign key']);
    const remedy = other.detail?.startsWith('generated') === true ? 'manual' : remedyFor(undefined, spec);
    return { kind: 'type', table, column, desired: typeIn(spec), actual: other, remedy };
  }
  return {
    kind: 'missingField',
    table,
    column,
    desired: fieldOutOfSchema(spec, moved),
    remedy: 'change',
    ...renamedFieldHint(column, desired, actual),
  };
}

function fieldOutOfSchema(spec: Field, moved: MoveReference): FieldSpec {
  const field = { ...spec, ...(spec.references === undefined ? {} : { references: moved(spec.references) }) };
  return field as unknown as FieldSpec;
}

function typeIn(spec: Field): TypeSpec {
  return { type: spec.type, ...optionsOf(spec) };
}

function remedyFor(from: Field | undefined, to: Field): Remedy {
  if (from !== undefined && listBeside(from, to) !== undefined) return 'manual';
  return canLose(from, to) ? 'destructive' : 'change';
}

function diffField(
  at: { readonly table: string; readonly column: string },
  desired: CanonicalField,
  actual: CanonicalField,
  { extras, staysKey }: { readonly extras: Set<Extra>; readonly staysKey: boolean },
): readonly Difference[] {
  const { table, column } = at;
  const found: Difference[] = [];
  // An identity goes by hand, and only then can its column have a default or be of any type, or be nullable.
  const waitsForIdentity = actual.identity && !desired.identity;
  if (desired.type !== actual.type) {
    const hint = castFault(actual.spec, desired.spec);
    const remedy = hint === undefined && !waitsForIdentity ? remedyFor(actual.spec, desired.spec) : 'manual';
    const types = both(typeIn(desired.spec), typeIn(actual.spec));
    found.push({ kind: 'type', ...at, ...types, remedy, ...(hint !== undefined && { hint }) });
  } else {
    const unchecked = notValidated(extras, { kind: 'check', table, columns: [column] }, actual.values !== undefined);
    if (JSON.stringify(desired.values) !== JSON.stringify(actual.values) || unchecked !== undefined) {
      found.push({
        kind: 'values',
        ...at,
        ...both(typeIn(desired.spec), typeIn(actual.spec)),
        remedy: 'change',
        ...hinted(unchecked),
      });
    }
  }
  const unproved = notValidated(extras, { kind: 'not null', table, columns: [column] }, !actual.nullable);
  // No change makes a column of a key nullable; where the key goes, NOT NULL stays behind.
  if ((desired.nullable !== actual.nullable && !staysKey && !waitsForIdentity) || unproved !== undefined) {
    found.push({
      kind: 'nullable',
      ...at,
      ...both(desired.nullable, actual.nullable),
      remedy: 'change',
      ...hinted(unproved),
    });
  }
  if (desired.identity !== actual.identity) {
    found.push({ kind: 'identity', ...at, ...both(desired.identity, actual.identity), remedy: 'manual' });
  }
  const other = takeExtra(extras, { kind: 'default', table, name: column });
  const isOfArray = isArray(desired.spec) || isArray(actual.spec);
  if (desired.default !== actual.default || goesWithType(desired, actual) || other !== undefined) {
    found.push({
      kind: 'default',
      ...at,
      ...both(desired.spec.default, other ?? actual.spec.default),
      ...(isOfArray && desired.type === actual.type ? { type: typeIn(actual.spec) } : {}),
      remedy: waitsForIdentity ? 'manual' : 'change',
    });
  }
  if (desired.comment !== actual.comment) {
    found.push({ kind: 'comment', ...at, ...both(desired.comment, actual.comment), remedy: 'change' });
  }
  return found;
}

/** A new type needs its default again if that of the old one is not written the same way, or is one of an array. */
function goesWithType(desired: CanonicalField, actual: CanonicalField): boolean {
  const { default: kept } = actual.spec;
  if (desired.type === actual.type || desired.default === undefined || kept === undefined) return false;
  if (isArray(desired.spec) || isArray(actual.spec)) return true;
  return 'fault' in typeOf(desired.spec).readDefault(kept, desired.spec);
}

function both<D, A>(desired: D, actual: A): { readonly desired: D; readonly actual: A } {
  return { desired, actual };
}

/** A constraint of the model that existing rows may violate. */
function notValidated(extras: Set<Extra>, sought: Partial<Extra>, isInModel: boolean): Extra | undefined {
  return isInModel ? takeExtra(extras, { ...sought, detail: NOT_VALIDATED }) : undefined;
}

function hinted(extra: Extra | undefined): { readonly hint?: string } {
  return extra === undefined ? {} : { hint: `"${extra.name}" is not validated: existing rows may violate it` };
}

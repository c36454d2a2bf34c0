import * as t from 'io-ts';
import { closedObject, type Closed, type Found } from '../codec/object-codec';
import { flag, text } from '../codec/codecs';
import type { Fault } from '../errors';
import { typeOf, type FieldTypeName } from '../field-types';
import type { Json } from '../field-types/field-type';
import { guessedType } from '../field-types/guessed-type';
import { optionsOf, typeOptions } from '../field-types/options';
import type { NewType } from '../field-types/type-change';
import {
  foreignOptionFaults,
  hasWrongOption,
  typeByOptions,
  typeName,
  typeOptionFaults,
} from '../field-types/type-options';

/** The type of a field in the caller's metadata. */
export const fieldTypeSpec = closedObject('TypeSpec', { type: typeName }, typeOptions);

type FieldTypeSpec = t.TypeOf<typeof fieldTypeSpec>;

const optional = {
  type: typeName,
  ...typeOptions,
  nullable: flag,
  default: t.unknown,
  unique: flag,
  comment: text,
};

const required = {};

type AsGiven = Closed<typeof required, typeof optional>;

const ChangesAsGiven = closedObject('FieldChanges', required, optional, changeFaults);

/** What to change about a field; everything else stays. `default: null` drops the default. */
export type FieldChangesSpec = t.OutputOf<typeof ChangesAsGiven>;

/** Checked changes; a default is JSON. */
export type FieldChanges = Omit<AsGiven, 'default'> & { readonly default?: Json };

/** The codec of {@link FieldChangesSpec}. */
export const FieldChanges = ChangesAsGiven as t.Type<FieldChanges, FieldChangesSpec, unknown>;

/** The type that is named, or else implied by the options. */
export function impliedType(changes: Partial<AsGiven>): FieldTypeName | undefined {
  return changes.type ?? typeByOptions(changes);
}

interface Retyping {
  readonly column: string;
  readonly set: FieldChanges;
  readonly from?: FieldTypeSpec | undefined;
  readonly unconvertible?: NewType['unconvertible'];
}

/** The type that the column gets, with the options that it keeps; undefined if it keeps its own. */
export function newTypeOf(change: Retyping): NewType | undefined {
  const judged = judgedTypeOf(change);
  const { unconvertible } = change;
  const to = judged === undefined || unconvertible === undefined ? judged : { ...judged, unconvertible };
  // New values alone only change a check: the column's own type stays.
  return to === undefined || (change.set.type === undefined && typeOf(to).isHeldByCheck) ? undefined : to;
}

/** The same, even if only the values of a check are new. */
export function judgedTypeOf({ column, set, from }: Retyping): NewType | undefined {
  const type = impliedType(set);
  if (type === undefined) return undefined;
  const named = { ...optionsOf(set), name: column, type };
  if (set.type !== undefined) return named;
  return from === undefined ? { ...named, keepsOptions: true } : { ...from, ...named };
}

/** The values that the column is limited to from now on, if the change names them. */
export function newValuesOf(set: FieldChanges): readonly string[] | undefined {
  const type = impliedType(set);
  return type && typeOf({ type }).checkedValues({ ...set, name: '' });
}

/** The condition that holds `value` to them. */
export function newCheckOf(change: Retyping, value: string): string | undefined {
  const values = newValuesOf(change.set);
  const type = judgedTypeOf(change);
  return values && type && typeOf(type).isHeldTo(value, values);
}

/** The faults of options that are named without a type, according to the type that the field has. */
export function optionFaultsBy(from: FieldTypeSpec, set: FieldChanges): readonly Fault[] {
  if (set.type !== undefined || impliedType(set) === undefined) return [];
  const foreign = [...foreignOptionFaults(from.type, set), ...typeOf(from).changeFaults(set, from)];
  const to = newTypeOf({ column: '', set, from });
  const faults = foreign.length > 0 || to === undefined ? foreign : typeOptionFaults(to.type, to);
  return faults.map(({ path, message }) => ({ path: `set.${path}`, message }));
}

/** The DEFAULT expression, for the type that the field gets or has; if neither is known, for its kind of value. */
export function changedDefaultSql(changes: FieldChanges, kept: Json, from: FieldTypeSpec | undefined): string {
  const type = judgedTypeOf({ column: '', set: changes, from }) ?? from ?? { type: guessedType(kept) };
  const read = typeOf(type).readDefault(kept, { ...type, name: '' });
  return typeOf(type).defaultSql('kept' in read ? read.kept : kept);
}

/** The faults of a new default for a field that keeps its type. */
export function defaultFaultsBy(from: FieldTypeSpec, changes: FieldChanges): readonly Fault[] {
  const { default: kept } = changes;
  if (kept === undefined || kept === null || changes.type !== undefined) return [];
  const to = judgedTypeOf({ column: '', set: changes, from }) ?? from;
  const read = typeOf(to).readDefault(kept, { ...to, name: '' });
  return 'fault' in read ? [{ path: 'set.default', message: read.fault }] : [];
}

/** What is kept of a default, or what is wrong with it. */
function keptDefault(changes: Partial<AsGiven>): Found {
  const { default: given } = changes;
  if (given === undefined || given === null) return [];
  const type = impliedType(changes) ?? guessedType(given);
  const read = typeOf({ ...optionsOf(changes), type }).readDefault(given, ofColumn(changes));
  return 'fault' in read ? [{ path: 'default', message: read.fault }] : { instead: { default: read.kept } };
}

/** Without a type, options that are left out are the column's own. */
function ofColumn(changes: Partial<AsGiven>) {
  return { ...changes, name: '', keepsOptions: changes.type === undefined };
}

/** Faults that no single property shows. */
function changeFaults(right: Partial<AsGiven>, given: Readonly<Record<string, unknown>>): Found {
  if (Object.keys(given).length === 0) return [{ path: '', message: 'must name something to change' }];
  if (hasWrongOption(given, right)) return [];
  if (right.array !== undefined && right.type === undefined && given.type === undefined) {
    return [{ path: 'array', message: "is a part of the type: name that too, { type: '…', array: true }" }];
  }
  const type = impliedType(right);
  const optionFaults = type === undefined ? [] : typeOptionFaults(type, ofColumn(right));
  return optionFaults.length > 0 ? optionFaults : keptDefault(right);
}

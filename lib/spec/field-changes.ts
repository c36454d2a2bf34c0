import * as t from 'io-ts';
import { closed, type Closed } from '../codec/object-codec';
import { flag, listOf, number, oneOf, text } from '../codec/codecs';
import type { Fault } from '../errors';
import { fieldTypes, typeOf, type FieldTypeName } from '../field-types';
import { isFunctionCall, TYPE_OPTIONS, type Json } from '../field-types/field-type';
import type { NewType } from './type-change';
import { isPlainObject } from '../codec/plain-object';
import { foreignOptionFaults, takers, typeOptionFaults } from '../field-types/type-options';

/** PostgreSQL's limit for a numeric, where the precision is the column's own. */
const MAX_PRECISION = 1000;

const typeName = oneOf(Object.keys(fieldTypes) as FieldTypeName[]);
const typeOptions = { length: number, precision: number, scale: number, values: listOf(text) };

/** The type of a field as the caller's metadata has it. */
export const fieldTypeSpec = closed('TypeSpec', { type: typeName }, typeOptions);

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

const ChangesAsGiven = closed('FieldChanges', required, optional, changeFaults);

/** What is to be different about a field; what is not named stays. `default: null` drops the default. */
export type FieldChangesSpec = t.OutputOf<typeof ChangesAsGiven>;

/** Changes that have been checked; a default is JSON. */
export type FieldChanges = Omit<AsGiven, 'default'> & { readonly default?: Json };

/** The codec of {@link FieldChangesSpec}. */
export const FieldChanges = ChangesAsGiven as t.Type<FieldChanges, FieldChangesSpec, unknown>;

/** The type that is meant where only its options are named: a `length` is a String's. */
export function impliedType(changes: Partial<AsGiven>): FieldTypeName | undefined {
  if (changes.type !== undefined) return changes.type;
  const option = TYPE_OPTIONS.find((name) => changes[name] !== undefined);
  return option && takers(option)[0];
}

interface Retyping {
  readonly column: string;
  readonly set: FieldChanges;
  readonly from?: FieldTypeSpec | undefined;
}

/** The type that the column gets, with the options that it keeps; none where it keeps its own. */
export function newTypeOf({ column, set, from }: Retyping): NewType | undefined {
  const type = impliedType(set);
  // The values of an Enum are held by a check: its type is that of the column.
  if (type === undefined || (set.type === undefined && type === 'Enum')) return undefined;
  const { length, precision, scale, values } = set;
  const named = { name: column, type, length, precision, scale, values };
  if (set.type !== undefined) return named;
  return from === undefined
    ? { ...named, keepsOptions: true }
    : { ...from, ...withoutUndefined(named), name: column, type };
}

function withoutUndefined<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** What is wrong with options that are named without a type, by the type that the field has. */
export function optionFaultsBy(from: FieldTypeSpec, set: FieldChanges): readonly Fault[] {
  const given = { ...set, name: '' };
  if (set.type !== undefined || impliedType(set) === undefined) return [];
  const foreign = foreignOptionFaults(from.type, given);
  if (
    from.type === 'Decimal' &&
    from.precision === undefined &&
    set.precision !== undefined &&
    set.scale === undefined
  ) {
    return [{ path: 'set.scale', message: 'is missing: the field keeps every digit that it is given now' }];
  }
  const to = newTypeOf({ column: '', set, from });
  const faults = foreign.length > 0 || to === undefined ? foreign : typeOptionFaults(to.type, to);
  return faults.map(({ path, message }) => ({ path: `set.${path}`, message }));
}

/**
 * The DEFAULT expression, by the type that the field gets or has; without either, as its own kind of value.
 */
export function changedDefaultSql(changes: FieldChanges, kept: Json, from: FieldTypeSpec | undefined): string {
  const type = impliedType(changes) ?? from?.type ?? kindOf(kept);
  const read = typeOf({ type }).readDefault(kept, { ...from, ...changes, name: '' });
  return typeOf({ type }).defaultSql('kept' in read ? read.kept : kept);
}

/** What is wrong with a new default for a field whose type stays what it was. */
export function defaultFaultsBy(from: FieldTypeSpec, changes: FieldChanges): readonly Fault[] {
  const { default: kept } = changes;
  if (kept === undefined || kept === null || changes.type !== undefined) return [];
  const to = newTypeOf({ column: '', set: changes, from }) ?? from;
  const read = typeOf(to).readDefault(kept, { ...to, values: changes.values ?? from.values, name: '' });
  return 'fault' in read ? [{ path: 'set.default', message: read.fault }] : [];
}

/** Replaces a default by what is kept of it, or tells what is wrong with it. */
function keepDefault(changes: Partial<AsGiven> & { default?: unknown }): readonly Fault[] {
  const { default: given } = changes;
  if (given === undefined || given === null) return [];
  const type = impliedType(changes) ?? kindOf(given);
  // What is left out of a Decimal is the column's own, and looked at there.
  const { precision, scale, ...others } = changes;
  const isPart = changes.type === undefined && (precision === undefined || scale === undefined);
  const read = typeOf({ type }).readDefault(given, { ...(isPart ? others : changes), name: '' });
  if ('fault' in read) return [{ path: 'default', message: read.fault }];
  changes.default = read.kept;
  return [];
}

function kindOf(value: unknown): FieldTypeName {
  if (typeof value === 'string') return 'Text';
  if (typeof value === 'number') return 'Float';
  if (typeof value === 'bigint') return 'BigInt';
  if (typeof value === 'boolean') return 'Boolean';
  if (isFunctionCall(value, 'uuid')) return 'Uuid';
  if (isFunctionCall(value, 'now') || Object.prototype.toString.call(value) === '[object Date]') return 'DateTime';
  if (ArrayBuffer.isView(value) || (isPlainObject(value) && Object.hasOwn(value, 'base64'))) return 'Bytes';
  return 'Json';
}

/** What no single property shows. */
function changeFaults(right: Partial<AsGiven>, given: Record<string, unknown>): readonly Fault[] {
  if (Object.keys(given).length === 0) return [{ path: '', message: 'must name what is to change' }];
  // An option that is wrong is as good as missing here, and has its fault already.
  if (TYPE_OPTIONS.some((option) => given[option] !== undefined && right[option] === undefined)) return [];
  const type = impliedType(right);
  const isPart = right.type === undefined && (right.precision ?? right.scale) !== undefined;
  const whole = isPart ? { ...right, precision: right.precision ?? MAX_PRECISION } : right;
  const optionFaults = type === undefined ? [] : typeOptionFaults(type, { ...whole, name: '' });
  return optionFaults.length > 0 ? optionFaults : keepDefault(right);
}

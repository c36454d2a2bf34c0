import { isRight, map } from 'fp-ts/lib/Either';
import * as t from 'io-ts';
import { closed, type Closed } from './closed';
import { flag, listOf, number, oneOf, text } from './codecs';
import type { Fault } from './errors';
import { defaultFaultsOf, storedDefault } from './field-default';
import { fieldTypes, typeOf, type FieldTypeName } from './field-types';
import { isFunctionCall, TYPE_OPTIONS, type Json } from './field-types/field-type';
import { isPlainObject } from './plain-object';

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
export const FieldChanges = new t.Type<FieldChanges, FieldChangesSpec, unknown>(
  'FieldChanges',
  (value): value is FieldChanges => ChangesAsGiven.is(value),
  (value, context) => map(withStoredDefault)(ChangesAsGiven.validate(value, context)),
  (changes) => changes,
);

/** The type that is meant where only its options are named: a `length` is a String's. */
export function impliedType(changes: Partial<AsGiven>): FieldTypeName | undefined {
  if (changes.type !== undefined) return changes.type;
  const option = TYPE_OPTIONS.find((name) => changes[name] !== undefined);
  if (option === undefined) return undefined;
  return (Object.keys(fieldTypes) as FieldTypeName[]).find((type) => typeOf({ type }).options.includes(option));
}

/**
 * The DEFAULT expression, by the type that the field gets or has; without either, as its own kind of value.
 */
export function changedDefaultSql(changes: FieldChanges, kept: Json, from: FieldTypeSpec | undefined): string {
  const type = impliedType(changes) ?? from?.type ?? kindOf(kept);
  const decoded = typeOf({ type })
    .defaultCodec({ ...from, ...changes, name: '' })
    .decode(kept);
  return typeOf({ type }).defaultSql(isRight(decoded) ? decoded.right : kept);
}

/** What is wrong with a new default for a field whose type stays what it was. */
export function defaultFaultsBy(from: FieldTypeSpec, changes: FieldChanges): readonly Fault[] {
  const { default: kept } = changes;
  if (kept === undefined || kept === null || impliedType(changes) !== undefined) return [];
  return defaultFaultsOf(typeOf(from).defaultCodec({ ...from, name: '' }), kept, 'set.default');
}

function withStoredDefault({ default: given, ...changes }: AsGiven): FieldChanges {
  if (given === undefined) return changes;
  if (given === null) return { ...changes, default: null };
  return { ...changes, default: storedDefault(defaultCodec(changes, given), given) };
}

function defaultCodec(changes: Partial<AsGiven>, given: unknown): t.Type<Json, Json, unknown> {
  const type = impliedType(changes) ?? kindOf(given);
  return typeOf({ type }).defaultCodec({ ...changes, name: '' });
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
  const optionFaults = type === undefined ? [] : typeFaults(type, right);
  if (optionFaults.length > 0 || right.default === undefined || right.default === null) return optionFaults;
  return defaultFaultsOf(defaultCodec(right, right.default), right.default);
}

function typeFaults(type: FieldTypeName, changes: Partial<AsGiven>): Fault[] {
  const named = typeOf({ type });
  const foreign = TYPE_OPTIONS.filter((option) => changes[option] !== undefined && !named.options.includes(option));
  return [
    ...foreign.map((option) => ({ path: option, message: `a ${type} takes no ${option}` })),
    ...named.optionFaults({ ...changes, name: '' }),
  ];
}

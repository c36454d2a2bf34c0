import * as t from 'io-ts';
import { bounded, closedObject, type Closed, type Found } from '../codec/object-codec';
import { flag, nameOf, text } from '../codec/codecs';
import { typeOf, type FieldTypeName } from '../field-types';
import type { Fault } from '../errors';
import type { Json } from '../field-types/field-type';
import { isArray, typeOptions } from '../field-types/options';
import type { FieldSpec as FieldSpecType, KeyOfEach, Proved, Same } from './spec-types';
import { Reference } from './references';
import { identityFaults } from './identity';
import { setNullFaults } from './set-null';
import { foreignOptionFaults, hasWrongOption, typeName, typeOptionFaults } from '../field-types/type-options';

const required = { name: nameOf('column'), type: typeName };

const optional = {
  nullable: flag,
  unique: flag,
  default: t.unknown,
  references: Reference,
  primaryKey: flag,
  identity: flag,
  ...typeOptions,
  comment: text,
};

type Checked = Closed<typeof required, typeof optional>;

const FieldAsGiven = closedObject('FieldSpec', required, optional, fieldFaults);

/** What callers write; see spec-types.ts. */
export type FieldSpec = FieldSpecType;

type AsWritten = t.OutputOf<typeof FieldAsGiven>;

/** The codec accepts exactly the fields that the types allow, for the types in the registry. */
export type FieldProof = [
  Proved<FieldSpec extends AsWritten ? true : false>,
  Proved<Same<FieldSpec['type'], FieldTypeName>>,
  Proved<Same<KeyOfEach<FieldSpec>, keyof AsWritten>>,
];

/** A checked field. Its default, if it has one, is JSON and not null. */
export type Field = Omit<Checked, 'default'> & { readonly default?: Json };

/** The codec of {@link FieldSpec}. */
export const FieldCodec = FieldAsGiven as t.Type<Field, FieldSpec, unknown>;

/** The same for callers, within the limits of a spec that comes from a request. */
export const FieldSpec = bounded(FieldCodec);

/** Faults that no single property of a field shows. */
function fieldFaults(right: Partial<Checked>, given: Readonly<Record<string, unknown>>): Found {
  const isIdentity = right.identity === true;
  const faults = [
    ...setNullFaults(isIdentity ? { ...right, nullable: false } : right),
    ...identityFaults(right, given.default !== undefined && given.default !== null),
    ...arrayFaults(right, given),
  ];
  const found = typeFaults(right, given);
  if (!('instead' in found) && faults.length + found.length > 0) return [...faults, ...found];
  if (faults.length > 0) return faults;
  const kept = 'instead' in found ? found.instead : {};
  if (isIdentity) return { instead: { ...kept, nullable: false } };
  // What goes without saying is not said.
  return right.array === false ? { instead: { ...kept, array: undefined } } : found;
}

function arrayFaults(right: Partial<Checked>, given: Readonly<Record<string, unknown>>): readonly Fault[] {
  if (!isArray(right) || given.references === undefined) return [];
  return [
    { path: 'references', message: 'an array refers to nothing: PostgreSQL has no foreign keys of its elements' },
  ];
}

/** The faults of the type's options and of the default. */
function typeFaults(right: Partial<Checked>, given: Readonly<Record<string, unknown>>): Found {
  if (right.type === undefined) return [];
  const field = { ...right, name: right.name ?? '', type: right.type };
  if (hasWrongOption(given, right)) return foreignOptionFaults(field.type, field);
  const optionFaults = typeOptionFaults(field.type, field);
  // A default depends on the type's options: it can be checked only if these are right.
  return optionFaults.length > 0 ? optionFaults : keptDefault(field);
}

type Typed = Omit<Partial<Checked>, 'name' | 'type'> & { readonly name: string; readonly type: FieldTypeName };

/** What is kept of a default: none of null; or what is wrong with it. */
function keptDefault(field: Typed): Found {
  if (field.default === undefined) return [];
  if (field.default === null) {
    const nullable = field.nullable !== false && field.primaryKey !== true;
    if (nullable || field.identity === true) return { instead: { default: undefined } };
    return [{ path: 'default', message: 'null means no default, but the field is not nullable' }];
  }
  const read = typeOf(field).readDefault(field.default, field);
  return 'fault' in read ? [{ path: 'default', message: read.fault }] : { instead: { default: read.kept } };
}

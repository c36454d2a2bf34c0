import { oneOf } from '../codec/codecs';
import type { Fault } from '../errors';
import { typeNames, typeOf, type FieldTypeName } from '.';
import type { TypedField } from './field-type';
import { isArray, TYPE_OPTIONS, typeOptions, type TypeOption, type TypeOptions } from './options';

/** The name of a type, with a hint for other words. */
export const typeName = oneOf(
  typeNames,
  Object.fromEntries(typeNames.map((type) => [type, typeOf({ type }).alsoCalled])),
);

/** The faults of the options of a type: those that it does not take, and wrong values of its own. */
export function typeOptionFaults(type: FieldTypeName, field: TypedField): readonly Fault[] {
  return [...foreignOptionFaults(type, field), ...typeOf({ type }).optionFaults(field)];
}

export function foreignOptionFaults(type: FieldTypeName, given: TypeOptions): readonly Fault[] {
  const { options, hasArrays } = typeOf({ type });
  const foreign = TYPE_OPTIONS.filter((option) => given[option] !== undefined && !options.includes(option));
  const faults = foreign.map((option): Fault => ({
    path: option,
    message: `${type} takes no ${option}, ${takers(option).join(' and ')} does`,
  }));
  if (!isArray(given) || hasArrays) return faults;
  return [...faults, { path: 'array', message: `${type} has no arrays: a list is a ${type} itself` }];
}

/** Whether the codec of an option refused its value: already reported, so checks that depend on it are skipped. */
export function hasWrongOption(given: Readonly<Record<string, unknown>>, right: TypeOptions): boolean {
  return (Object.keys(typeOptions) as readonly (keyof TypeOptions)[]).some(
    (option) => given[option] !== undefined && right[option] === undefined,
  );
}

/** The type that is implied if only its options are named: `length` implies a String. */
export function typeByOptions(given: TypeOptions): FieldTypeName | undefined {
  const option = TYPE_OPTIONS.find((name) => given[name] !== undefined);
  return option && takers(option)[0];
}

function takers(option: TypeOption): readonly FieldTypeName[] {
  return typeNames.filter((type) => typeOf({ type }).options.includes(option));
}

/** The type whose column is that of another type with a CHECK, as callers write it: `{ type: 'Enum', values }`. */
export function shownHeldByCheck(): string {
  const shown = typeNames
    .filter((type) => typeOf({ type }).isHeldByCheck)
    .map((type) => `{ type: '${type}', ${typeOf({ type }).options.join(', ')} }`);
  return shown.join(' or ');
}

import type { Fault } from '../errors';
import { fieldTypes, typeOf, type FieldTypeName } from '.';
import { TYPE_OPTIONS, type TypedField, type TypeOption } from './field-type';

/** What is wrong with the options of a type: those that it does not take, and the values of its own. */
export function typeOptionFaults(type: FieldTypeName, field: TypedField): readonly Fault[] {
  return [...foreignOptionFaults(type, field), ...typeOf({ type }).optionFaults(field)];
}

export function foreignOptionFaults(type: FieldTypeName, field: TypedField): readonly Fault[] {
  const { options } = typeOf({ type });
  return TYPE_OPTIONS.filter((option) => field[option] !== undefined && !options.includes(option)).map((option) => ({
    path: option,
    message: `${type} takes no ${option}, ${takers(option).join(' and ')} does`,
  }));
}

/** The types that take an option. */
export function takers(option: TypeOption): readonly FieldTypeName[] {
  return (Object.keys(fieldTypes) as FieldTypeName[]).filter((type) => typeOf({ type }).options.includes(option));
}

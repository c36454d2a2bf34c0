import type { Field } from '../spec/field-spec';
import { keyFields } from '../spec/model-keys';
import type { Identifier } from '../sql/identifier';

/** A key is created with its model: a field named `id` that is added later is not one. */
export function notKey(field: Field): Field {
  return field.name === 'id' ? { ...field, primaryKey: false } : field;
}

/** With a key that no longer depends on a name. */
export function withKeySaid(fields: readonly Field[]): readonly Field[] {
  const key = keyFields(fields);
  return fields.map((field) => (key.includes(field) ? { ...field, primaryKey: true } : field));
}

/** A key that is created with its table makes its only field unique: no constraint does so beside it. */
export function withoutNeedless(fields: readonly Field[]): readonly Field[] {
  const [only, ...others] = keyFields(fields);
  if (only?.unique === undefined || others.length > 0) return fields;
  const { unique: _unique, ...rest } = only;
  return fields.map((field) => (field === only ? rest : field));
}

export function keyed(fields: readonly Field[], columns: readonly Identifier[]): readonly Field[] {
  return fields.map((field) => {
    const { nullable: _nullable, ...rest } = field;
    return columns.includes(field.name) ? { ...rest, primaryKey: true } : notKey(field);
  });
}

/** Its fields stay NOT NULL. */
export function unkeyed(fields: readonly Field[]): readonly Field[] {
  const key = keyFields(fields);
  return fields.map((field) => (key.includes(field) ? { ...field, primaryKey: false, nullable: false } : field));
}

export function notKeyByName(field: Field): Field {
  return field.primaryKey === true ? field : notKey(field);
}

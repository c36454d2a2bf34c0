import type { Field } from './field-spec';

/**
 * The fields of the primary key: those with `primaryKey: true`; if there are none, the one named `id`, unless it has
 * `primaryKey: false`.
 */
export function keyFields(fields: readonly Field[]): readonly Field[] {
  const said = fields.filter(({ primaryKey }) => primaryKey === true);
  if (said.length > 0) return said;
  return fields.filter(({ name, primaryKey }) => name === 'id' && primaryKey !== false);
}

/** The fields that get a unique constraint. A key of one field is unique anyway: a second index would only cost. */
export function uniqueFields(fields: readonly Field[]): readonly Field[] {
  const key = keyFields(fields);
  return fields.filter((field) => field.unique === true && !(key.length === 1 && key[0] === field));
}

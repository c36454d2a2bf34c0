import { literal } from '../literal';
import { fieldType } from './field-type';

/** `boolean`. */
export const booleanType = fieldType({
  readDefault: (value) => (typeof value === 'boolean' ? { kept: value } : { fault: 'must be true or false' }),
  defaultSql: (kept) => literal(kept as boolean),
  column: (table, { name }) => table.boolean(name),
  catalogName: () => 'boolean',
});

import { literal } from '../literal';
import { codecOf, fieldType } from './field-type';

/** `boolean`. */
export const booleanType = fieldType({
  defaultCodec: () =>
    codecOf('boolean', (value) => (typeof value === 'boolean' ? { kept: value } : { fault: 'must be true or false' })),
  defaultSql: (kept) => literal(kept as boolean),
  column: (table, { name }) => table.boolean(name),
  catalogName: () => 'boolean',
});

import { literal, textFault } from '../literal';
import { codecOf, fieldType } from './field-type';

/** `text`. */
export const textType = fieldType({
  defaultCodec: () =>
    codecOf('text', (value) => {
      if (typeof value !== 'string') return { fault: 'must be a string' };
      const fault = textFault(value);
      return fault === undefined ? { kept: value } : { fault };
    }),
  defaultSql: (kept) => literal(kept as string),
  column: (table, { name }) => table.text(name),
  catalogName: () => 'text',
});

import { literal, textFault } from '../sql/literal';
import { typeSql } from '../sql/qualified-sql';
import { fieldType } from './field-type';

/** `text`. */
export const textType = fieldType({
  alsoCalled: ['longtext', 'clob', 'citext'],
  guesses: (value) => typeof value === 'string',
  readDefault: (value) => {
    if (typeof value !== 'string') return { fault: 'must be a string' };
    const fault = textFault(value);
    return fault === undefined ? { kept: value } : { fault };
  },
  defaultSql: (kept) => literal(kept as string),
  column: (table, { name }) => table.specificType(name, typeSql('text')),
  catalogName: () => 'text',
  isText: true,
  takesWhole: () => [{ name: 'text' }, { name: 'character varying' }],
});

import { literal } from '../sql/literal';
import { isOneOf, MATCHES } from '../sql/qualified-sql';
import { isCallOf, textOfType } from './default-text';
import { isInput, isOfType } from './conversion-sql';
import { fieldType } from './field-type';

/** The properties of a field of this type. */
export interface BooleanOptions {
  /** `null` means none. */
  readonly default?: boolean | null | undefined;
}

/** `boolean`. */
export const booleanType = fieldType<BooleanOptions>({
  alsoCalled: ['bool', 'checkbox'],
  guesses: (value) => typeof value === 'boolean',
  readDefault: (value) => (typeof value === 'boolean' ? { kept: value } : { fault: 'must be true or false' }),
  defaultSql: (kept) => literal(kept as boolean),
  column: (table, { name }) => table.boolean(name),
  castsFrom: ['integer', 'jsonb'],
  catalogName: () => 'boolean',
  castsAlike: ['integer', 'jsonb', 'text', 'character varying'],
  // Only the numbers 0 and 1 survive a conversion and back.
  keeps: (value) => {
    const text = `${value}::pg_catalog.text`;
    return `(not (${text} ${MATCHES} '^-?[0-9]+$') or ${isOneOf(text, 'text', [`'0'`, `'1'`])})`;
  },
  readDefaultText: (text) => {
    if (isCallOf(text, ['true'])) return true;
    if (isCallOf(text, ['false'])) return false;
    // As an item of a constant array.
    const letter = textOfType(text, 'boolean');
    return letter === 't' || letter === 'f' ? letter === 't' : undefined;
  },
  converts: (value, type) => {
    const text = `${value}::pg_catalog.text`;
    return `case when ${isOfType(value, ['integer'])} then true
    when ${isOfType(value, ['pg_catalog.jsonb'])} then ${isOneOf(text, 'text', [`'true'`, `'false'`])}
    else ${isInput(text, type)} end`;
  },
});

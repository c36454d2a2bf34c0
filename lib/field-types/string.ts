import { textFault } from '../sql/literal';
import { LE } from '../sql/qualified-sql';
import { textOfType } from './default-text';
import { fieldType } from './field-type';
import { WRITTEN_ALIKE } from './written-alike';

/** The length of a String without one. */
const DEFAULT_LENGTH = 100;

/** PostgreSQL's own limit for varchar(n) (manual 8.3). */
const MAX_LENGTH = 10_485_760;

/** The properties of a field of this type. */
export interface StringOptions {
  /** The maximum number of characters, from 1 to 10485760. Default 100. */
  readonly length?: number | undefined;
  /** Stored as given; it has to fit the `length`. `null` means none. */
  readonly default?: string | null | undefined;
}

/** `varchar(100)`, or `varchar(length)`. */
export const stringType = fieldType<StringOptions>({
  alsoCalled: ['varchar', 'char', 'character', 'character varying', 'str', 'nvarchar'],
  options: ['length'],
  optionFaults: ({ length }) =>
    length === undefined || (Number.isInteger(length) && length >= 1 && length <= MAX_LENGTH)
      ? []
      : [{ path: 'length', message: `must be a whole number of characters from 1 to ${MAX_LENGTH}` }],
  readDefault: (value, { keepsOptions, length = keepsOptions === true ? MAX_LENGTH : DEFAULT_LENGTH }) => {
    if (typeof value !== 'string') return { fault: 'must be a string' };
    const fault = textFault(value);
    if (fault !== undefined) return { fault };
    // PostgreSQL counts characters, not UTF-16 units.
    return hasAtMost(length, value) ? { kept: value } : { fault: `must be at most ${length} characters` };
  },
  column: (table, { name, length = DEFAULT_LENGTH }) => table.string(name, length),
  catalogName: ({ length = DEFAULT_LENGTH }) => `character varying(${length})`,
  isText: true,
  // The modifier is the length plus four.
  takesWhole: ({ length = DEFAULT_LENGTH }) => [{ name: 'character varying', modifiers: [5, length + 4] }],
  castsAlike: WRITTEN_ALIKE,
  // Only trailing blanks of a text that is too long are cut (manual 8.3); any other text is refused.
  keeps: (value, _type, { length = DEFAULT_LENGTH }) =>
    `(pg_catalog.char_length(${value}::pg_catalog.text) ${LE} ${length} or not (${trimmedFits(value, length)}))`,
  modifier: ({ length = DEFAULT_LENGTH }) => length + 4,
  takes: (value, { length = DEFAULT_LENGTH }) => trimmedFits(value, length),
  // Without a length, it is longer than any String.
  read: ({ type, modifier, values }) => {
    if (type !== 'character varying' || modifier < 5 || values !== undefined) return undefined;
    return modifier - 4 === DEFAULT_LENGTH ? {} : { length: modifier - 4 };
  },
  readDefaultText: (text) => textOfType(text, 'character varying', 'text'),
});

function trimmedFits(value: string, length: number): string {
  return `pg_catalog.char_length(pg_catalog.rtrim(${value}::pg_catalog.text, ' ')) ${LE} ${length}`;
}

/** Counts whole characters, each of which is one or two UTF-16 units. */
function hasAtMost(maxCharacters: number, text: string): boolean {
  if (text.length <= maxCharacters) return true;
  if (text.length > 2 * maxCharacters) return false;
  let characters = 0;
  for (let at = 0; at < text.length; characters += 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return characters <= maxCharacters;
}

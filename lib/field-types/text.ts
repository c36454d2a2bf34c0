import { textFault } from '../sql/literal';
import { textOfType } from './default-text';
import { fieldType } from './field-type';
import { WRITTEN_ALIKE } from './written-alike';

/** The properties of a field of this type. */
export interface TextOptions {
  /** Stored as given, up to 2,000,000 bytes. `null` means none. */
  readonly default?: string | null | undefined;
}

/** `text`. */
export const textType = fieldType<TextOptions>({
  alsoCalled: ['longtext', 'clob', 'citext'],
  guesses: (value) => typeof value === 'string',
  readDefault: (value) => {
    if (typeof value !== 'string') return { fault: 'must be a string' };
    const fault = textFault(value);
    return fault === undefined ? { kept: value } : { fault };
  },
  catalogName: () => 'text',
  isUnbounded: true,
  isText: true,
  takesWhole: () => [{ name: 'text' }, { name: 'character varying' }],
  castsAlike: WRITTEN_ALIKE,
  readDefaultText: (text) => textOfType(text, 'text', 'character varying'),
});

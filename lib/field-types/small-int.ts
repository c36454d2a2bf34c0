import { fieldType } from './field-type';
import { wholeNumber } from './whole-number';

/** The properties of a field of this type. */
export interface SmallIntOptions {
  /** A whole number from -32768 to 32767. `null` means none. */
  readonly default?: number | null | undefined;
}

/** `smallint`. */
export const smallIntType = fieldType<SmallIntOptions>({
  ...wholeNumber('smallint', 2),
  alsoCalled: ['int2', 'short', 'tinyint', 'smallserial'],
  column: (table, { name }) => table.smallint(name),
});

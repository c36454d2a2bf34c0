import { fieldType } from './field-type';
import { wholeNumber } from './whole-number';

/** The properties of a field of this type. */
export interface IntOptions {
  /** A whole number from -2147483648 to 2147483647. `null` means none. */
  readonly default?: number | null | undefined;
}

/** `integer`. */
export const intType = fieldType<IntOptions>({
  ...wholeNumber('integer', 4),
  alsoCalled: ['integer', 'int4', 'number', 'serial', 'increments'],
  column: (table, { name }) => table.integer(name),
  takesWhole: () => [{ name: 'integer' }, { name: 'smallint', rewrites: true }],
});

import type { Fault } from '../errors';
import { literal, textFault } from '../sql/literal';
import { isOneOf } from '../sql/qualified-sql';
import { textOfType } from './default-text';
import { fieldType, type TypedField } from './field-type';

/** The properties of a field of this type. */
export interface EnumOptions {
  /** The values that it accepts; at least one, without duplicates. */
  readonly values: readonly string[];
  /** One of `values`. `null` means none. */
  readonly default?: string | null | undefined;
}

/** `text`, limited to `values` by a named CHECK, which can be changed later without a new type. */
export const enumType = fieldType<EnumOptions>({
  alsoCalled: ['select', 'choice', 'enumeration'],
  options: ['values'],
  optionFaults,
  readDefault: (value, { values = [] }) =>
    typeof value === 'string' && values.includes(value) ? { kept: value } : { fault: 'must be one of values' },
  catalogName: () => 'text',
  columnTypes: ['text', 'character varying'],
  isText: true,
  takesWhole: () => [{ name: 'text' }, { name: 'character varying' }],
  takes: (value, { values = [] }) => isOneOf(`${value}::pg_catalog.text`, 'text', values.map(literal)),
  isHeldByCheck: true,
  checkedValues: ({ values }) => values,
  isHeldTo: (value, values) => isOneOf(value, 'text', values.map(literal)),
  read: ({ type, modifier, values }) => (type === 'text' && modifier === -1 && values ? { values } : undefined),
  readDefaultText: (text) => textOfType(text, 'text', 'character varying'),
});

function optionFaults({ values }: TypedField): Fault[] {
  if (values === undefined || values.length === 0) {
    return [{ path: 'values', message: 'an Enum needs at least one value' }];
  }
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    const fault = textFault(value) ?? (seen.has(value) ? 'is listed twice' : undefined);
    seen.add(value);
    return fault === undefined ? [] : [{ path: `values[${index}]`, message: fault }];
  });
}

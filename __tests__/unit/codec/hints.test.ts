// What was meant by a word that is not known: of other libraries, of databases, or a slip of the pen.
import type { MigrationError } from '../../../lib';
import { planChange, type Change } from '../../../lib';
import { didYouMean } from '../../../lib/codec/hints';
import { fieldTypes } from '../../../lib/field-types';

function faultOf(change: unknown): string {
  try {
    planChange('acme-corp', change as Change);
  } catch (error) {
    const [fault] = (error as MigrationError).faults ?? [];
    return fault?.message ?? '';
  }
  return 'planned';
}

it.each([
  ['string', 'String'],
  ['varchar', 'String'],
  ['varchar(20)', 'String'],
  ['integer', 'Int'],
  ['bigint', 'BigInt'],
  ['double precision', 'Float'],
  ['NUMERIC', 'Decimal'],
  ['bool', 'Boolean'],
  ['timestamptz', 'DateTime'],
  ['date_time', 'DateTime'],
  ['jsonb', 'Json'],
  ['Jsno', 'Json'],
  ['guid', 'Uuid'],
  ['bytea', 'Bytes'],
  ['Enmu', 'Enum'],
])('the type %s is taken for %s', (type, meant) => {
  const fault = faultOf({ kind: 'addField', table: 't', field: { name: 'a', type } });
  expect(fault).toBe(`must be one of ${Object.keys(fieldTypes).join(', ')}; did you mean "${meant}"?`);
});

it.each(['', 'x', 'Geometry', 7, null, {}, 'toString', '__proto__', 'x'.repeat(1000)])(
  'nothing is meant by %j',
  (word) => {
    expect(didYouMean(word, Object.keys(fieldTypes))).toBe('');
  },
);

it.each([
  ['required', 'nullable: false'],
  ['notNull', 'nullable: false'],
  ['defaultValue', 'default'],
  ['default_value', 'default'],
  ['Nullable', 'nullable'],
  ['primary', 'primaryKey'],
  ['maxLength', 'length'],
  ['description', 'comment'],
  ['uniqe', 'unique'],
  ['foreignKey', 'references'],
])('the key %s is taken for %s', (key, meant) => {
  const fault = faultOf({ kind: 'addField', table: 't', field: { name: 'a', type: 'Int', [key]: 1 } });
  expect(fault).toBe(`unknown key; did you mean "${meant}"?`);
});

it.each(['colour', '__proto__x', 'constructor', 'toString', '7'])('nothing is meant by the key %s', (key) => {
  expect(faultOf({ kind: 'addField', table: 't', field: { name: 'a', type: 'Int', [key]: 1 } })).toBe('unknown key');
});

it('a kind is taken for the nearest', () => {
  expect(faultOf({ kind: 'dropfield', table: 't', column: 'a' })).toMatch(/; did you mean "dropField"\?$/);
});

// Defaults as PostgreSQL writes them down, read as what a spec has; anything else is not read at all.
import { fieldTypes, type FieldTypeName } from '../../../lib/field-types';
import { defaultTextIn } from '../../../lib/field-types/default-text';

function read(type: FieldTypeName, text: string): unknown {
  const found = defaultTextIn(text);
  return found && fieldTypes[type].readDefaultText(found);
}

const OURS: readonly (readonly [FieldTypeName, string, unknown])[] = [
  ['String', String.raw`'a\b''c?'::character varying`, String.raw`a\b'c?`],
  ['String', "('draft'::text)::character varying", 'draft'],
  ['Text', "''::text", ''],
  ['Enum', "'x'::text", 'x'],
  ['SmallInt', "'-5'::integer", -5],
  ['Int', '7', 7],
  ['Int', "'-5'::integer", -5],
  ['BigInt', "'9007199254740993'::bigint", '9007199254740993'],
  ['BigInt', "'-9'::integer", '-9'],
  ['Float', '0.00000000000000000000000001', 1e-26],
  ['Float', "'-1.5'::numeric", -1.5],
  ['Float', "'-0'::double precision", '-0'],
  ['Float', "'-0'::integer", 0],
  ['Float', "'1e+300'::double precision", 1e300],
  ['Decimal', '99.95', '99.95'],
  ['Decimal', "'-12'::numeric", '-12'],
  ['Decimal', '(0)::numeric', '0'],
  ['Boolean', 'false', false],
  ['DateTime', "'2024-02-29 23:59:59.999+00'::timestamp with time zone", '2024-02-29T23:59:59.999Z'],
  ['DateTime', "'0001-12-31 10:00:00+00 BC'::timestamp with time zone", '0001-01-01T01:00:00+15:00'],
  ['DateTime', "'10000-01-01 10:59:59+00'::timestamp with time zone", '9999-12-31T19:59:59-15:00'],
  ['DateTime', 'now()', { fn: 'now' }],
  ['DateTime', 'CURRENT_TIMESTAMP', { fn: 'now' }],
  ['Date', '(now())::date', { fn: 'now' }],
  ['Date', 'CURRENT_DATE', { fn: 'now' }],
  ['Time', '(now())::time without time zone', { fn: 'now' }],
  ['Json', `'{"a": [1, null, "it''s"]}'::jsonb`, { a: [1, null, "it's"] }],
  ['Uuid', 'gen_random_uuid()', { fn: 'uuid' }],
  ['Bytes', "decode('AP8='::text, 'base64'::text)", { base64: 'AP8=' }],
  ['Bytes', String.raw`'\x00ff'::bytea`, { base64: 'AP8=' }],
];

it.each(OURS)('%s reads %s', (type, text, kept) => {
  expect(read(type, text)).toEqual(kept);
});

it.each(OURS)('%s keeps what it reads from %s as the same default', (type, text, kept) => {
  const again = fieldTypes[type].readDefault(kept, { name: '', values: ['x'] });
  expect(again).toEqual({ kept });
  expect(fieldTypes[type].defaultValue(read(type, text) as never)).toBe(fieldTypes[type].defaultValue(kept as never));
});

it.each<[FieldTypeName, string]>([
  // A cast that may have changed it, or a setting of the session.
  ['String', "'abcdef'::character varying(3)"],
  ['Int', "'5'::text"],
  ['Int', "('1.5'::numeric)::integer"],
  ['Float', '(0.1)::real'],
  ['DateTime', "('2024-01-01'::date)::timestamp with time zone"],
  ['DateTime', "'infinity'::timestamp with time zone"],
  ['Json', "'{}'::json"],
  // Digits that JavaScript would lose.
  ['Json', "'12345678901234567890'::jsonb"],
  ['Json', "'0.1000000000000000055511151231257827'::jsonb"],
  ['Json', "'null'::jsonb"],
  // Expressions.
  ['Int', '(1 + 1)'],
  ['Int', "nextval('s'::regclass)"],
  ['Text', 'CURRENT_USER'],
  ['Text', "('a'::text || 'b'::text)"],
  ['Text', "upper('a'::text)"],
  ['DateTime', 'clock_timestamp()'],
  ['DateTime', "(now() + '1 day'::interval)"],
  ['Uuid', '"acme".gen_random_uuid()'],
  ['Uuid', 'acme.gen_random_uuid()'],
  ['Bytes', "decode('00'::text, 'hex'::text)"],
  ['Text', '\'a\'::text COLLATE "C"'],
  ['Text', "'a"],
  ['Text', ''],
])('%s does not read %s', (type, text) => {
  expect(read(type, text)).toBeUndefined();
});

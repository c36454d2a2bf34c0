// Values of each type that other types find hard to take, as SQL writes them: with them, a test proves the table of pairs.
import type { FieldTypeName, TypeSpec } from '../../lib';

/** The options of each type in the table of pairs: those that a field has where it names none. */
export const TYPES: { readonly [T in FieldTypeName]: TypeSpec & { readonly type: T } } = {
  String: { type: 'String' },
  Text: { type: 'Text' },
  SmallInt: { type: 'SmallInt' },
  Int: { type: 'Int' },
  BigInt: { type: 'BigInt' },
  Float: { type: 'Float' },
  Decimal: { type: 'Decimal' },
  Boolean: { type: 'Boolean' },
  DateTime: { type: 'DateTime' },
  Date: { type: 'Date' },
  Time: { type: 'Time' },
  Json: { type: 'Json' },
  Uuid: { type: 'Uuid' },
  Bytes: { type: 'Bytes' },
  Enum: { type: 'Enum', values: ['draft', 'a\\b', 'x'.repeat(101)] },
};

const TEXTS = [
  `''`,
  `'draft'`,
  `'zażółć 🧾'`,
  `'00123'`,
  `'1.50'`,
  `'9999999999999999999'`,
  `'yes'`,
  `'a\\b'`,
  `'23:30'`,
  `'2024-02-29 23:30:00'`,
  `'2024-02-29T23:30:00Z'`,
  `'{"a": 1, "a": 2}'`,
  `'AAAAAAAA-0000-4000-8000-000000000001'`,
];

export const HARD_VALUES: { readonly [T in FieldTypeName]: readonly string[] } = {
  String: [...TEXTS, `pg_catalog.repeat('x', 100)`],
  Text: [...TEXTS, `pg_catalog.repeat('x', 101)`],
  SmallInt: ['-32768', '0', '32767'],
  Int: ['-2147483648', '0', '2147483647'],
  BigInt: ['-9223372036854775808', '0', '9007199254740993'],
  Float: [`'NaN'`, `'-Infinity'`, '1.6', '-0.0', '1e300', '5e-324', '0.30000000000000004'],
  Decimal: [`'NaN'`, '0.1', '1.50', '12345678901234567.89', `'1e400'`],
  Boolean: ['true', 'false'],
  DateTime: [`'infinity'`, `'2024-02-29T23:30:00.123456Z'`, `'4713-01-01 00:00:00+00 BC'`],
  Date: [`'infinity'`, `'2024-02-29'`, `'5874897-12-31'`],
  Time: [`'00:00'`, `'23:59:59.999999'`, `'24:00'`],
  Json: [
    `'null'`,
    `'1.6'`,
    `'"a"'`,
    `'true'`,
    `'[1]'`,
    `'{"a": "ż"}'`,
    `pg_catalog.to_jsonb(pg_catalog.repeat('x', 100))`,
  ],
  Uuid: [`'ffffffff-ffff-4fff-8fff-ffffffffffff'`],
  Bytes: [`''`, `'\\x00ff'`, `'\\x00000000000000000000'`, `pg_catalog.decode(pg_catalog.repeat('00', 60), 'hex')`],
  Enum: [`'draft'`, `'a\\b'`, `pg_catalog.repeat('x', 101)`],
};

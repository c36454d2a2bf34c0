import type { FieldSpec } from '../../lib';

/** A field of every type, with a default; where a type has options, one with and one without. */
export const EVERY_TYPE: readonly FieldSpec[] = [
  { name: 'string', type: 'String', default: "it's a string?" },
  { name: 'string_20', type: 'String', length: 20, default: '' },
  { name: 'text', type: 'Text', default: 'zażółć 請求 🧾' },
  { name: 'int', type: 'Int', default: 2 ** 31 - 1 },
  { name: 'big_int', type: 'BigInt', default: '9007199254740993' },
  { name: 'float', type: 'Float', default: -1.5e-300 },
  { name: 'decimal', type: 'Decimal', default: '0.1' },
  { name: 'decimal_12_2', type: 'Decimal', precision: 12, scale: 2, default: 99.95 },
  { name: 'decimal_5', type: 'Decimal', precision: 5, default: -12345 },
  { name: 'boolean', type: 'Boolean', default: false },
  { name: 'date_time', type: 'DateTime', default: '2024-02-29T23:59:59.999Z' },
  { name: 'date', type: 'Date', default: '2024-02-29' },
  { name: 'time', type: 'Time', default: '23:59:59.999999' },
  { name: 'json', type: 'Json', default: { a: [1, null, "it's"] } },
  { name: 'uuid', type: 'Uuid', default: '00000000-0000-4000-8000-000000000000' },
  { name: 'bytes', type: 'Bytes', default: { base64: 'AP8=' } },
  { name: 'enum', type: 'Enum', values: ['draft', 'sent'], default: 'draft' },
];

/**
 * The types in the catalog whose text is the same in every session. Not those of numbers with a binary fraction, of
 * bytes and of times, which depend on `extra_float_digits`, `bytea_output`, `DateStyle` and `TimeZone`.
 */
export const WRITTEN_ALIKE: readonly string[] = [
  'text',
  'character varying',
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'boolean',
  'uuid',
  'jsonb',
];

import { createHash } from 'node:crypto';
import { literal } from '../sql/literal';
import { isCallOf, textOfType } from './default-text';
import { fieldType, isFunctionCall } from './field-type';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The properties of a field of this type. */
export interface UuidOptions {
  /** A uuid, or `{ fn: 'uuid' }` for a new one in each row. `null` means none. */
  readonly default?: string | { readonly fn: 'uuid' } | null | undefined;
}

/** `uuid`. */
export const uuidType = fieldType<UuidOptions>({
  alsoCalled: ['guid'],
  guesses: (value) => isFunctionCall(value, 'uuid'),
  readDefault: (value) => {
    if (isFunctionCall(value, 'uuid')) return { kept: { fn: 'uuid' } };
    return typeof value === 'string' && UUID.test(value)
      ? { kept: value }
      : { fault: "must be a uuid, or { fn: 'uuid' }" };
  },
  defaultSql: (kept) => (typeof kept === 'string' ? literal(kept) : 'pg_catalog.gen_random_uuid()'),
  isVolatile: (kept) => typeof kept !== 'string',
  // Of version 8, which gen_random_uuid does not make (RFC 9562, 5.8).
  unusedValue: (seed) => {
    const hex = createHash('sha256').update(`tenant_ddl ${seed}`).digest('hex');
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `8${hex.slice(13, 16)}`,
      `a${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ].join('-');
  },
  catalogName: () => 'uuid',
  castsAlike: ['text', 'character varying'],
  readDefaultText: (text) => (isCallOf(text, ['gen_random_uuid']) ? { fn: 'uuid' } : textOfType(text, 'uuid')),
  defaultValue: (kept) => JSON.stringify(typeof kept === 'string' ? kept.toLowerCase() : kept),
});

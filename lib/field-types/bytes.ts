import { BOUNDS } from '../codec/bounds';
import { literal } from '../sql/literal';
import { isPlainObject } from '../codec/plain-object';
import { textOfType, type DefaultText } from './default-text';
import { fieldType, type Read } from './field-type';

/** The bytes of the longest base64 text: a default that is accepted as a Buffer is also accepted as its JSON. */
const MAX_BYTES = (BOUNDS.textBytes / 4) * 3;

/** The properties of a field of this type. */
export interface BytesOptions {
  /** A Buffer or another Uint8Array, or its base64; at most 750,000 bytes. `null` means none. */
  readonly default?: Uint8Array | { readonly base64: string } | null | undefined;
}

/** `bytea`. Kept as base64, since JSON has no bytes. */
export const bytesType = fieldType<BytesOptions>({
  alsoCalled: ['bytea', 'binary', 'blob', 'buffer'],
  guesses: (value) => ArrayBuffer.isView(value) || (isPlainObject(value) && Object.hasOwn(value, 'base64')),
  readDefault: read,
  defaultSql: (kept) => `pg_catalog.decode(${literal((kept as { readonly base64: string }).base64)}, 'base64')`,
  // From PostgreSQL 18 on.
  castsFrom: ['smallint', 'integer', 'bigint'],
  catalogName: () => 'bytea',
  isWrittenBySession: true,
  readDefaultText: bytesIn,
});

function read(value: unknown): Read {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    if (value.byteLength > MAX_BYTES) return { fault: `must be at most ${MAX_BYTES} bytes` };
    return { kept: { base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') } };
  }
  const base64 = isPlainObject(value) && Object.keys(value).length === 1 ? value.base64 : undefined;
  if (typeof base64 === 'string' && base64.length > BOUNDS.textBytes) {
    return { fault: `must be at most ${MAX_BYTES} bytes` };
  }
  // Buffer.from skips invalid characters; only text that is the same after a round trip is unambiguous.
  if (typeof base64 === 'string' && Buffer.from(base64, 'base64').toString('base64') === base64) {
    return { kept: { base64 } };
  }
  return { fault: "must be a Buffer, or { base64: '…' }" };
}

const HEX = /^\\x((?:[0-9a-f]{2})*)$/;

/** As we write bytes, or as a constant with bytea_output = hex. */
function bytesIn(text: DefaultText): { readonly base64: string } | undefined {
  const hex = HEX.exec(textOfType(text, 'bytea') ?? '')?.[1];
  if (hex !== undefined) return { base64: Buffer.from(hex, 'hex').toString('base64') };
  if (text.is !== 'call' || text.value !== 'decode' || text.casts.length > 0) return undefined;
  const [base64, encoding] = text.args.map((arg) => textOfType(arg, 'text'));
  return base64 !== undefined && encoding === 'base64' && text.args.length === 2 ? { base64 } : undefined;
}

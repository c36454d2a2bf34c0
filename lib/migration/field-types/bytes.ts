import { literal } from '../literal';
import { isPlainObject } from '../plain-object';
import { typeSql } from '../qualified-sql';
import { fieldType, type Read } from './field-type';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `bytea`. Kept as base64, since JSON has no bytes. */
export const bytesType = fieldType({
  readDefault: read,
  defaultSql: (kept) => `pg_catalog.decode(${literal((kept as { readonly base64: string }).base64)}, 'base64')`,
  column: (table, { name }) => table.specificType(name, typeSql('bytea')),
  catalogName: () => 'bytea',
  takesWhole: () => [{ name: 'bytea' }],
});

function read(value: unknown): Read {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return { kept: { base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') } };
  }
  const base64 = isPlainObject(value) && Object.keys(value).length === 1 ? value.base64 : undefined;
  // Buffer.from would skip what is not base64; only text that comes back the same has one meaning.
  if (
    typeof base64 === 'string' &&
    BASE64.test(base64) &&
    Buffer.from(base64, 'base64').toString('base64') === base64
  ) {
    return { kept: { base64 } };
  }
  return { fault: "must be a Buffer, or { base64: '…' }" };
}

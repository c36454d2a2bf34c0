import { literal, textFault } from '../literal';
import { isPlainObject } from '../plain-object';
import { fieldType, type Json } from './field-type';

/** The server reads jsonb by recursion, within `max_stack_depth`; nobody's default is deeper. */
const MAX_DEPTH = 100;

/** `jsonb`. */
export const jsonType = fieldType({
  readDefault: (value) => {
    const fault = jsonFault(value, 0);
    return fault === undefined ? { kept: JSON.parse(JSON.stringify(value)) as Json } : { fault };
  },
  defaultSql: (kept) => `${literal(JSON.stringify(kept))}::jsonb`,
  column: (table, { name }) => table.jsonb(name),
  catalogName: () => 'jsonb',
});

/** Stricter than JSON.stringify, which leaves functions out, makes null of NaN, and calls `toJSON`. */
function jsonFault(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return `must be at most ${MAX_DEPTH} levels deep`;
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') return textFault(value);
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must hold finite numbers only';
  if (Array.isArray(value)) return firstFault(value.length, (index) => jsonFault(value[index], depth + 1));
  if (!isPlainObject(value) || typeof value.toJSON === 'function') return 'must be a JSON value';
  const entries = Object.entries(value);
  return firstFault(entries.length, (index) => {
    const [key, inner] = entries[index] as [string, unknown];
    return textFault(key) ?? jsonFault(inner, depth + 1);
  });
}

function firstFault(length: number, faultAt: (index: number) => string | undefined): string | undefined {
  for (let index = 0; index < length; index += 1) {
    const fault = faultAt(index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
